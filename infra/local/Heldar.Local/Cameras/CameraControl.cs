using System.Globalization;
using System.Net.Http.Json;

namespace Heldar.Local.Cameras;

/// <summary>What one simulated camera says of itself.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Url">RTSP address.</param>
/// <param name="Codec"><c>h264</c> or <c>h265</c>.</param>
/// <param name="Width">Picture width now.</param>
/// <param name="Height">Picture height now.</param>
/// <param name="Frames">Length of its loop in frames.</param>
/// <param name="Watched">Someone has it open.</param>
/// <param name="State"><c>live</c>, <c>stalled</c> or <c>killed</c>.</param>
/// <param name="Counter">Number of its next frame.</param>
/// <param name="Sent">Ranges of frame counters that it sent, first and last: the ground truth.</param>
/// <param name="SentFrames">Frames in <paramref name="Sent"/>.</param>
/// <param name="OffsetMs">Its wall clock minus real time, ms.</param>
internal sealed record CameraState(
    string Name, string Url, string Codec, int Width, int Height, int Frames, bool Watched, string State, long Counter, IReadOnlyList<long[]> Sent, long SentFrames, long OffsetMs)
{
    /// <summary>Its own storage; null when it has none.</summary>
    public StorageState? Storage { get; init; }
}

/// <summary>What a camera's own storage says of itself.</summary>
/// <param name="Recording">It keeps what the encoder makes.</param>
/// <param name="Stored">Ranges of frame counters that it has.</param>
/// <param name="Sessions">Replays that are set up now.</param>
/// <param name="Peak">The most there ever were at once.</param>
/// <param name="Refused">Replays that were one too many.</param>
/// <param name="Replays">Each replay that was asked for: the ground truth.</param>
internal sealed record StorageState(bool Recording, IReadOnlyList<long[]> Stored, int Sessions, int Peak, int Refused, IReadOnlyList<ReplayState> Replays);

/// <summary>One replay.</summary>
/// <param name="RateControl">No faster than it was recorded.</param>
/// <param name="FromUnixMs">Start that was asked for, on the camera's clock.</param>
/// <param name="ToUnixMs">End that was asked for.</param>
/// <param name="Sent">Ranges of frame counters that were sent.</param>
/// <param name="Ms">How long it took.</param>
/// <param name="Done">All was sent.</param>
internal sealed record ReplayState(bool RateControl, long FromUnixMs, long ToUnixMs, IReadOnlyList<long[]> Sent, long Ms, bool Done);

/// <summary>The simulator's HTTP control.</summary>
internal sealed class CameraControl(int port)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2) }) { Timeout = TimeSpan.FromSeconds(15) };

    /// <summary>All cameras.</summary>
    public async Task<IReadOnlyList<CameraState>> ListAsync(CancellationToken cancellation) =>
        (await Http.GetFromJsonAsync<CameraList>(new Uri($"http://127.0.0.1:{port}/"), cancellation))?.Cameras ?? [];

    /// <summary>One camera.</summary>
    public async Task<CameraState> GetAsync(string camera, CancellationToken cancellation) =>
        (await ListAsync(cancellation)).Single(state => state.Name == camera);

    /// <summary>Media stops; TCP and RTCP stay alive.</summary>
    public Task StallAsync(string camera, CancellationToken cancellation) => PostAsync(camera, "stall", cancellation);

    /// <summary>Media goes on.</summary>
    public Task ResumeAsync(string camera, CancellationToken cancellation) => PostAsync(camera, "resume", cancellation);

    /// <summary>The camera is gone (404) and its clients are dropped.</summary>
    public Task KillAsync(string camera, CancellationToken cancellation) => PostAsync(camera, "kill", cancellation);

    /// <summary>And back.</summary>
    public Task ReviveAsync(string camera, CancellationToken cancellation) => PostAsync(camera, "revive", cancellation);

    /// <summary>Nothing of the camera can be reached, its storage included; it goes on recording there.</summary>
    public Task UnplugAsync(string camera, CancellationToken cancellation) => PostAsync(camera, "unplug", cancellation);

    /// <summary>And back.</summary>
    public Task PlugAsync(string camera, CancellationToken cancellation) => PostAsync(camera, "plug", cancellation);

    /// <summary>Its own storage stops or goes on: what lies between is a hole in it.</summary>
    public Task StoreAsync(string camera, bool on, CancellationToken cancellation) => PostAsync(camera, $"storage?on={(on ? 1 : 0)}", cancellation);

    /// <summary>Its sound stops while pictures go on, and comes back.</summary>
    public Task SoundAsync(string camera, bool on, CancellationToken cancellation) => PostAsync(camera, $"sound?on={(on ? 1 : 0)}", cancellation);

    /// <summary>All its packets are lost on the way, the connection lives; and back.</summary>
    public Task LoseAsync(string camera, bool on, CancellationToken cancellation) => PostAsync(camera, $"lose?on={(on ? 1 : 0)}", cancellation);

    /// <summary>Goes on with clip <paramref name="clip"/> (0 is the first, then the alternates) at its next keyframe.</summary>
    public Task UseFootageAsync(string camera, int clip, CancellationToken cancellation) =>
        PostAsync(camera, string.Create(CultureInfo.InvariantCulture, $"footage?use={clip}"), cancellation);

    /// <summary>Camera time jumps; with <paramref name="rtp"/> its RTP timestamps jump too.</summary>
    public Task JumpClockAsync(string camera, TimeSpan by, bool rtp, CancellationToken cancellation) =>
        PostAsync(camera, string.Create(CultureInfo.InvariantCulture, $"clock?jump_ms={(long)by.TotalMilliseconds}&rtp={(rtp ? 1 : 0)}"), cancellation);

    /// <summary>The camera's crystal runs off by <paramref name="partsPerMillion"/> from now on.</summary>
    public Task DriftClockAsync(string camera, double partsPerMillion, CancellationToken cancellation) =>
        PostAsync(camera, string.Create(CultureInfo.InvariantCulture, $"clock?drift_ppm={partsPerMillion}"), cancellation);

    private async Task PostAsync(string camera, string action, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await Http.PostAsync(new Uri($"http://127.0.0.1:{port}/{camera}/{action}"), content: null, cancellation);
        answer.EnsureSuccessStatusCode();
    }

    private sealed record CameraList(IReadOnlyList<CameraState> Cameras);
}
