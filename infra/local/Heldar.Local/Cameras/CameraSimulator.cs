using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Heldar.Local.Processes;

namespace Heldar.Local.Cameras;

/// <summary>Where and how the simulator listens.</summary>
/// <param name="Folder">Its configuration and log.</param>
/// <param name="ControlPort">HTTP control on 127.0.0.1.</param>
/// <param name="DigestPort">RTSP of cameras with digest authentication.</param>
/// <param name="BasicPort">RTSP of cameras with basic authentication.</param>
/// <param name="OpenPort">RTSP of cameras without authentication.</param>
internal sealed record CameraSimulatorOptions(string Folder, int ControlPort, int DigestPort, int BasicPort, int OpenPort)
{
    /// <summary>RTSP over TLS, for cameras with <c>tls</c>.</summary>
    public int TlsPort { get; init; } = Ports.Free();

    /// <summary>RTSP of what cameras have in their own storage.</summary>
    public int ReplayPort { get; init; } = Ports.Free();

    /// <summary>User of all cameras.</summary>
    public string Username { get; init; } = "admin";

    /// <summary>Password of all cameras.</summary>
    public string Password { get; init; } = "heldar-cam";

    /// <summary>Its log; in the folder by default.</summary>
    public string LogFile { get; init; } = Path.Combine(Folder, "cameras.log");

    /// <summary>Free ports.</summary>
    public static CameraSimulatorOptions Free(string folder) => new(folder, Ports.Free(), Ports.Free(), Ports.Free(), Ports.Free());
}

/// <summary>Runs the simulated cameras: one process (<c>simulator.py</c>) with real RTSP, RTP and RTCP from GStreamer.</summary>
internal sealed class CameraSimulator(CameraSimulatorOptions options, IReadOnlyList<CameraSpec> cameras) : IAsyncDisposable
{
    private const string Python = "/usr/bin/python3";
    private ChildProcess? _child;

    /// <summary>The running simulator, or null.</summary>
    public ChildProcess? Child => _child;

    /// <summary>Stalls, kills, revives cameras and tells what they sent.</summary>
    public CameraControl Control { get; } = new(options.ControlPort);

    /// <summary>The cameras.</summary>
    public IReadOnlyList<CameraSpec> Cameras => cameras;

    /// <summary>User and password of every camera that asks for them.</summary>
    public (string Username, string Password) Credentials => (options.Username, options.Password);

    /// <summary>How the simulator is run; its configuration must exist (<see cref="PrepareAsync"/>).</summary>
    public ChildSpec Spec => new("cameras", Python, ["-u", Script, "--config", ConfigFile], options.LogFile);

    private static string Script => Path.Combine(AppContext.BaseDirectory, "Cameras", "simulator.py");

    private string ConfigFile => Path.Combine(options.Folder, "cameras.json");

    /// <summary>SHA-256 of the certificate that <c>tls</c> cameras show, in hexadecimal; null until <see cref="PrepareAsync"/>, or without such a camera.</summary>
    public string? CertificateSha256 { get; private set; }

    /// <summary>RTSP address of a camera, without user and password.</summary>
    public Uri Url(CameraSpec camera) => new($"{(camera.Authentication == "tls" ? "rtsps" : "rtsp")}://127.0.0.1:{Port(camera)}/{camera.Name}");

    /// <summary>Where a camera with storage replays, as <c>heldar.yaml</c> wants it: with <c>{start}</c> and <c>{end}</c> where the times stand in it.</summary>
    public string? ReplayUrl(CameraSpec camera) => camera.Storage is not { } storage
        ? null
        : $"rtsp://127.0.0.1:{options.ReplayPort}/{camera.Name}/replay{(storage.TimesInUrl ? "?starttime={start}&endtime={end}" : "")}";

    /// <summary>Makes missing footage and writes the configuration.</summary>
    public async Task PrepareAsync(CancellationToken cancellation)
    {
        var list = new List<object>();
        foreach (CameraSpec camera in cameras)
        {
            var clips = new List<string>();
            foreach (FootageRecipe recipe in camera.Alternates.Prepend(camera.Footage)) clips.Add(await Footage.ClipAsync(recipe, cancellation));
            list.Add(new
            {
                name = camera.Name,
                codec = camera.Footage.Codec,
                fps = camera.Footage.FramesPerSecond,
                auth = camera.Authentication,
                footage = clips,
                audio = camera.Audio,
                maxSessions = camera.MaxSessions,
                storage = camera.Storage is { } storage ? new { minutes = storage.Minutes, sessions = storage.Sessions, realTime = storage.RealTime, onvif = storage.Onvif } : null,
                audioFile = camera.Audio == "none" ? null : await Footage.SoundAsync(camera.Audio, cancellation),
            });
        }

        var certificate = Path.Combine(options.Folder, "camera.pem");
        Directory.CreateDirectory(options.Folder);
        if (cameras.Any(camera => camera.Authentication == "tls")) CertificateSha256 = MakeCertificate(certificate);
        var servers = cameras.Select(camera => camera.Authentication).Distinct().ToDictionary(method => method, Port);
        await using var file = new FileStream(ConfigFile, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        await JsonSerializer.SerializeAsync(
            file,
            new { bind = "127.0.0.1", control = options.ControlPort, replay = options.ReplayPort, servers, username = options.Username, password = options.Password, certificate, cameras = list },
            cancellationToken: cancellation);
    }

    /// <summary>Prepares, starts and waits until the cameras can be opened.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await PrepareAsync(cancellation);
        _child = await ChildProcess.StartAsync(Spec);
        await WaitUntilReadyAsync(_child, cancellation);
    }

    /// <summary>Waits until the cameras can be opened.</summary>
    public Task WaitUntilReadyAsync(ChildProcess? child, CancellationToken cancellation) =>
        Readiness.WaitAsync("the camera simulator answers", async token => (await Control.ListAsync(token)).Count == cameras.Count, TimeSpan.FromSeconds(60), child, cancellation);

    /// <summary>Stops the simulator.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_child is { } child) await child.DisposeAsync();
        _child = null;
    }

    /// <summary>A certificate as cameras make it for themselves, with its key; returns its SHA-256.</summary>
    private static string MakeCertificate(string file)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=camera", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        using var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        using var text = new StreamWriter(stream);
        text.WriteLine(certificate.ExportCertificatePem());
        text.WriteLine(key.ExportPkcs8PrivateKeyPem());
        return certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();
    }

    private int Port(CameraSpec camera) => Port(camera.Authentication);

    private int Port(string authentication) => authentication switch
    {
        "digest" => options.DigestPort,
        "basic" => options.BasicPort,
        "none" => options.OpenPort,
        "tls" => options.TlsPort,
        _ => throw new ProcessException($"authentication '{authentication}' is not one of digest, basic, none, tls"),
    };
}
