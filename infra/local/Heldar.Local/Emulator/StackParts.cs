using System.Globalization;
using Heldar.Local.Cameras;
using Heldar.Local.Prerequisites;
using Heldar.Local.Processes;
using Heldar.Local.Servers;
using Npgsql;

namespace Heldar.Local.Emulator;

/// <summary>The parts of a stack and how each is run: programs, arguments, environment, readiness.</summary>
internal sealed class StackParts
{
    public const string DatabaseName = "heldar";
    public const string FirstShard = "0";

    private readonly StackOptions _options;
    private readonly StackFolder _folder;

    /// <param name="options">What to start.</param>
    /// <param name="folder">Where.</param>
    public StackParts(StackOptions options, StackFolder folder)
    {
        _options = options;
        _folder = folder;
        Dictionary<string, int> last = options.KeepPorts ? folder.ReadPorts() : [];
        int Port(string name) => last[name] = last.TryGetValue(name, out int port) && Ports.IsFree(port) ? port : Ports.Free();
        int postgres = Port("postgres"), queues = Port("azurite"), fleet = Port("fleet");
        Postgres = new PostgresServer(new PostgresOptions(folder.Postgres, postgres, folder.Log("postgres")) { Password = folder.Secret("postgres", 24), Durable = options.Durable, KeepsCommitTimes = options.Measured });
        (BlobPort, QueuePort) = (Ports.Free(), queues);
        Azurite = new AzuriteServer(new AzuriteOptions(folder.Azurite, BlobPort, QueuePort, Ports.Free(), folder.Log("azurite")) { Key = folder.Secret("storage", 64), LogsRequests = options.Measured });
        CameraPorts = CameraSimulatorOptions.Free(folder.Cameras) with { LogFile = folder.Log("cameras"), Password = folder.Secret("cameras", 12) };
        Simulator = new CameraSimulator(CameraPorts, options.Cameras);
        FleetUrl = new Uri($"http://127.0.0.1:{fleet}/");
        PostgresService = new Service("postgres", postgres, () => Postgres.Spec, Postgres.WaitUntilReadyAsync);
        AzuriteService = new Service("azurite", queues, () => Azurite.Spec, Azurite.WaitUntilReadyAsync);
        FleetService = new Service("fleet", fleet, () => Program("fleet", Build.Fleet, []), (child, token) => ReadyAsync(FleetUrl, child, token));
        FunctionsService = NewFunctions("functions", FirstShard);
        CameraService = new Service("cameras", CameraPorts.ControlPort, () => Simulator.Spec, Simulator.WaitUntilReadyAsync);
        Boxes = [.. Enumerable.Range(0, options.Sites).Select(number => NewBox(number, Port($"box{number + 1}")))];
        folder.WritePorts(last);
    }

    private int BlobPort { get; }

    private int QueuePort { get; }

    public StackOptions Options => _options;

    public PostgresServer Postgres { get; }

    public AzuriteServer Azurite { get; }

    public CameraSimulatorOptions CameraPorts { get; }

    public CameraSimulator Simulator { get; }

    public Uri FleetUrl { get; }

    public Service PostgresService { get; }

    public Service AzuriteService { get; }

    public Service FleetService { get; }

    public Service FunctionsService { get; }

    public Service CameraService { get; }

    public IReadOnlyList<Box> Boxes { get; }

    /// <summary>Shards that the fleet spreads boxes over, from its next start on.</summary>
    public IReadOnlyList<string> Shards { get; set; } = [FirstShard];

    /// <summary>The functions of one shard.</summary>
    public Service NewFunctions(string name, string shard) => new(name, 0, () => FunctionsSpec(name, shard), (child, token) => FunctionsReadiness.WaitAsync(child, token));

    /// <summary>In front of every box's command line; empty runs them in this network.</summary>
    public IReadOnlyList<string> BoxPrefix { get; set; } = [];

    /// <summary>Loopback ports that boxes dial.</summary>
    public IReadOnlyList<int> PortsForBoxes => [FleetUrl.Port, QueuePort, BlobPort, CameraPorts.DigestPort, CameraPorts.BasicPort, CameraPorts.OpenPort];

    public string Database => Postgres.ConnectionString(DatabaseName);

    /// <summary>The functions' own role, which the fleet makes.</summary>
    private string PipelineDatabase => new NpgsqlConnectionStringBuilder(Database) { Username = "heldar_pipeline", Password = _folder.Secret("pipeline", 24) }.ConnectionString;

    /// <summary>Runs a command of <c>heldar-fleet</c> and returns the last line that it prints.</summary>
    public async Task<string> FleetToolAsync(IReadOnlyList<string> arguments, CancellationToken cancellation) =>
        LastLine((await Tool.RunAsync(Build.Fleet, arguments, cancellation, CloudEnvironment())).OutputOrThrow($"heldar-fleet {arguments[0]}"));

    /// <summary>Writes the box's configuration; on its first start with an enrolment token, and makes a key for its API.</summary>
    public async Task ConfigureBoxAsync(Box box, CancellationToken cancellation)
    {
        string enrolled = Path.Combine(box.Folder, "enrolled");
        string? token = File.Exists(enrolled)
            ? null
            : await FleetToolAsync(["enrolment-token", "--site", box.Site.Slug, "--site-name", box.Site.Name, "--time-zone", box.Site.TimeZone], cancellation);
        var cameras = _options.Cameras.Where(camera => box.Cameras.Contains(camera.Name)).Select(camera => (camera, Simulator.Url(camera)));
        StackFolder.Write(box.ConfigFile, BoxConfig.Text(_options, box.Site, box.Url.Port, FleetUrl, token, cameras, Simulator.Credentials, Simulator.CertificateSha256, Simulator.ReplayUrl));
        string keyFile = Path.Combine(box.Folder, "api-key");
        if (!File.Exists(keyFile))
        {
            ToolResult made = await Tool.RunAsync(Build.Edge, ["keys", "add", "--config", box.ConfigFile, "--name", "heldar-local"], cancellation);
            StackFolder.Write(keyFile, LastLine(made.OutputOrThrow("heldar-edge keys add")));
        }

        box.Key = (await File.ReadAllTextAsync(keyFile, cancellation)).Trim();
    }

    private Box NewBox(int number, int port)
    {
        string name = $"box{number + 1}";
        var url = new Uri($"http://127.0.0.1:{port}/");
        string folder = _folder.Box(name);
        string config = Path.Combine(folder, "heldar.yaml");
        var service = new Service(
            name, port, () => Inside(new ChildSpec(name, Build.Edge, ["--config", config], _folder.Log(name)) { WorkingDirectory = folder }), (child, token) => BoxReadyAsync(url, folder, child, token));
        return new Box(name, Site.Number(number), url, folder, service, [.. _options.Cameras.Where((_, index) => index % _options.Sites == number).Select(camera => camera.Name)]);
    }

    private ChildSpec Inside(ChildSpec spec) => BoxPrefix.Count == 0 ? spec : spec with { File = BoxPrefix[0], Arguments = [.. BoxPrefix.Skip(1), spec.File, .. spec.Arguments] };

    private async Task BoxReadyAsync(Uri url, string folder, ChildProcess child, CancellationToken cancellation)
    {
        if (BoxPrefix.Count == 0) await ReadyAsync(url, child, cancellation);
        else await Readiness.WaitAsync($"{child.Spec.Name} is ready inside its network", token => AnswersInsideAsync(url, token), TimeSpan.FromSeconds(60), child, cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder, "enrolled"), "", cancellation);
    }

    /// <summary>Asks from inside the box's network, because nothing outside can.</summary>
    private async Task<bool> AnswersInsideAsync(Uri url, CancellationToken cancellation)
    {
        string[] ask = [.. BoxPrefix, "/usr/bin/python3", "-c", "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)", new Uri(url, "/readyz").ToString()];
        return (await Tool.RunAsync(ask[0], ask.Skip(1), cancellation)).ExitCode == 0;
    }

    private static Task ReadyAsync(Uri url, ChildProcess child, CancellationToken cancellation) =>
        Readiness.WaitAsync($"{child.Spec.Name} is ready", token => Probe.OkAsync(url, "/readyz", token), TimeSpan.FromSeconds(60), child, cancellation);

    private ChildSpec FunctionsSpec(string name, string shard) => new(
        name, "dotnet", [Build.Local + ".dll", "functions-host", "--app", Path.GetDirectoryName(Build.Functions)!], _folder.Log(name))
    {
        Environment = new Dictionary<string, string?>(CloudEnvironment()) { ["HELDAR_SHARD"] = shard, ["HELDAR_DATABASE"] = PipelineDatabase },
    };

    private ChildSpec Program(string name, string file, IReadOnlyList<string> arguments) => new(name, file, arguments, _folder.Log(name))
    {
        Environment = new Dictionary<string, string?>(CloudEnvironment()) { ["HELDAR_PIPELINE_DATABASE"] = PipelineDatabase },
    };

    private Dictionary<string, string?> CloudEnvironment() => new()
    {
        ["HELDAR_FLEET_URLS"] = FleetUrl.ToString().TrimEnd('/'),
        ["HELDAR_DATABASE"] = Database,
        ["HELDAR_STORAGE"] = Azurite.ConnectionString,
        ["HELDAR_SHARDS"] = string.Join(',', Shards),
        ["HELDAR_PORTAL"] = PortalBuild.Output,
        ["HELDAR_SECRET_KEYS"] = _folder.Secret("secret-keys", 32),
        ["HELDAR_OUTGOING_LOOPBACK"] = "1",
        ["HELDAR_SIGN_INS_PER_MINUTE"] = _options.SignInsPerMinute?.ToString(CultureInfo.InvariantCulture),
    };

    private static string LastLine(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
        ?? throw new ProcessException("a tool printed nothing");
}
