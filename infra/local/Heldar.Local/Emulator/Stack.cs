using Heldar.Local.Cameras;
using Heldar.Local.Processes;
using Heldar.Local.Servers;

namespace Heldar.Local.Emulator;

/// <summary>
/// All of Heldar on one machine: real PostgreSQL and Azurite, fleet, functions host, simulated cameras and boxes, each supervised. Used by <c>up</c>,
/// <c>smoke</c>, end-to-end tests and benchmarks. Prerequisites and binaries must be there (<see cref="StackPrerequisites"/>).
/// The stack dies with this program, however that dies.
/// </summary>
internal sealed class Stack : IAsyncDisposable
{
    private readonly FileLock _lock;
    private readonly StackParts _parts;
    private readonly long _startedUnixMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private Stack(FileLock one, StackFolder folder, StackParts parts)
    {
        _lock = one;
        Folder = folder;
        _parts = parts;
    }

    /// <summary>The data folder.</summary>
    public StackFolder Folder { get; }

    /// <summary>Address of the fleet and its portal.</summary>
    public Uri Fleet => _parts.FleetUrl;

    /// <summary>Npgsql connection string of the index.</summary>
    public string Database => _parts.Database;

    /// <summary>Azure Storage connection string.</summary>
    public string Storage => _parts.Azurite.ConnectionString;

    /// <summary>Keys of the storage account: the server and its clients know new ones from their next start on.</summary>
    public AzuriteKeys StorageKeys
    {
        get => _parts.Azurite.Keys;
        set => _parts.Azurite.Keys = value;
    }

    /// <summary>Shards that the fleet spreads boxes over, from its next start on; the functions of the first one belong to the stack.</summary>
    public IReadOnlyList<string> Shards
    {
        get => _parts.Shards;
        set => _parts.Shards = value;
    }

    /// <summary>Functions of one more shard, not started yet. The caller disposes them.</summary>
    public Service NewFunctions(string shard) => _parts.NewFunctions($"functions-{shard}", shard);

    /// <summary>Control of the cameras.</summary>
    public CameraControl Cameras => _parts.Simulator.Control;

    /// <summary>The simulated cameras.</summary>
    public IReadOnlyList<CameraSpec> CameraSpecs => _parts.Simulator.Cameras;

    /// <summary>RTSP address of a camera, without user and password.</summary>
    public Uri CameraUrl(CameraSpec camera) => _parts.Simulator.Url(camera);

    /// <summary>User and password of every camera that asks for them.</summary>
    public (string Username, string Password) CameraCredentials => _parts.Simulator.Credentials;

    /// <summary>The boxes, one per site.</summary>
    public IReadOnlyList<Box> Boxes => _parts.Boxes;

    /// <summary>PostgreSQL.</summary>
    public Service PostgresService => _parts.PostgresService;

    /// <summary>Azurite; stop, kill and start it to try an outage.</summary>
    public Service AzuriteService => _parts.AzuriteService;

    /// <summary>The fleet.</summary>
    public Service FleetService => _parts.FleetService;

    /// <summary>The functions host with its handler.</summary>
    public Service FunctionsService => _parts.FunctionsService;

    /// <summary>The camera simulator.</summary>
    public Service CameraService => _parts.CameraService;

    /// <summary>All of them, in order of start.</summary>
    public IReadOnlyList<Service> Services => [PostgresService, AzuriteService, FleetService, FunctionsService, CameraService, .. Boxes.Select(box => box.Service)];

    /// <summary>Starts everything and waits until it is healthy. <paramref name="progress"/> gets one line per step.</summary>
    /// <exception cref="ProcessException">A stack already runs on this folder, or a part does not start.</exception>
    public static async Task<Stack> StartAsync(StackOptions options, Action<string> progress, CancellationToken cancellation)
    {
        var folder = new StackFolder(options.Folder);
        Directory.CreateDirectory(folder.Root);
        FileLock one = FileLock.TryTake(folder.LockFile)
            ?? throw new ProcessException($"already running on {folder.Root}{Describe(RunFile.Read(folder))}. See ./heldar status, end it with ./heldar down, or use another --data folder");
        Stack? stack = null;
        try
        {
            foreach (string name in await RunFile.EndStaleAsync(folder, cancellation)) progress($"ended {name} of an earlier run");
            stack = new Stack(one, folder, new StackParts(options, folder));
            await stack.StartAllAsync(progress, cancellation);
            return stack;
        }
        catch
        {
            if (stack is null) one.Dispose();
            else await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>A one-time code for the first account, or null when there is one already.</summary>
    public async Task<string?> SetupCodeAsync(CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await Probe.Http.GetAsync(new Uri(Fleet, "/api/v1/auth/state"), cancellation);
        answer.EnsureSuccessStatusCode();
        string state = await answer.Content.ReadAsStringAsync(cancellation);
        return state.Contains("\"setupNeeded\":true", StringComparison.Ordinal) ? await _parts.FleetToolAsync(["setup-code"], cancellation) : null;
    }

    /// <summary>Writes run.json as things are now.</summary>
    public void Publish() => new RunFile(
        ProcessIdentity.Current, _startedUnixMs, Fleet.ToString(), Database, Storage, _parts.CameraPorts.ControlPort,
        [.. Services.Select(service => service.Describe())],
        [.. Boxes.Select(box => new RunBox(box.Name, box.Site.Slug, box.Url.ToString(), box.Key, box.Folder))]).Write(Folder);

    /// <summary>Stops everything in reverse order, within 20 s: what does not end in time is killed.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync([.. Boxes.Select(box => box.Service)], seconds: 8);
        await StopAsync([CameraService, FunctionsService, FleetService], seconds: 6);
        await StopAsync([AzuriteService, PostgresService], seconds: 5);
        foreach (Service service in Services) await service.DisposeAsync();
        File.Delete(Folder.RunFile);
        _lock.Dispose();
    }

    private static Task StopAsync(IReadOnlyList<Service> services, int seconds) => Task.WhenAll(services.Select(service => service.StopAsync(TimeSpan.FromSeconds(seconds))));

    private static string Describe(RunFile? run) => run is null ? "" : $" (process {run.Owner.Pid}, {run.Portal})";

    private async Task StartAllAsync(Action<string> progress, CancellationToken cancellation)
    {
        await Task.WhenAll(
            StepAsync("PostgreSQL", StartPostgresAsync, progress, cancellation),
            StepAsync("Azurite", token => AzuriteService.StartAsync(token), progress, cancellation),
            Boxes.Count == 0 ? Task.CompletedTask : StepAsync("cameras", StartCamerasAsync, progress, cancellation));
        await StepAsync("fleet", token => FleetService.StartAsync(token), progress, cancellation);
        await StepAsync("functions", token => FunctionsService.StartAsync(token), progress, cancellation);
        if (_parts.Options.IsolateBoxes is { } isolate) _parts.BoxPrefix = await isolate(_parts.PortsForBoxes, cancellation);
        await Task.WhenAll(Boxes.Select(box => StepAsync(box.Name, token => StartBoxAsync(box, token), progress, cancellation)));
        Publish();
    }

    private async Task StepAsync(string name, Func<CancellationToken, Task> step, Action<string> progress, CancellationToken cancellation)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        progress($"starting {name}");
        await step(cancellation);
        Publish();
        progress($"{name} is ready after {System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
    }

    private async Task StartPostgresAsync(CancellationToken cancellation)
    {
        await _parts.Postgres.PrepareAsync(cancellation);
        await PostgresService.StartAsync(cancellation);
        await _parts.Postgres.CreateDatabaseAsync(StackParts.DatabaseName, cancellation);
    }

    private async Task StartCamerasAsync(CancellationToken cancellation)
    {
        await _parts.Simulator.PrepareAsync(cancellation);
        await CameraService.StartAsync(cancellation);
    }

    private async Task StartBoxAsync(Box box, CancellationToken cancellation)
    {
        await _parts.ConfigureBoxAsync(box, cancellation);
        await box.Service.StartAsync(cancellation);
    }
}
