using System.Globalization;
using System.Text.Json;
using Heldar.Local.Processes;

namespace Heldar.Local.FunctionsHost;

/// <summary>What host.json says, with the real host's defaults.</summary>
internal sealed record HostSettings
{
    /// <summary>Program of the handler; a relative path counts from the app's folder when the file is there, else it is looked up in PATH.</summary>
    public required string Executable { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>How long the handler may take until it answers its first GET /.</summary>
    public TimeSpan InitializationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest run of one invocation.</summary>
    public TimeSpan FunctionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Messages of one fetch, 1 to 32.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>A new batch is fetched when no more than this many run.</summary>
    public int NewBatchThreshold { get; init; } = 8;

    public TimeSpan MaxPollingInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Delay before a failed message is visible again. Not the lease.</summary>
    public TimeSpan VisibilityTimeout { get; init; } = TimeSpan.Zero;

    public int MaxDequeueCount { get; init; } = 5;

    /// <summary>Messages are base64 (the default) or plain text.</summary>
    public bool Base64 { get; init; } = true;

    /// <summary>Reads host.json.</summary>
    /// <exception cref="ProcessException">It is missing or says what this host does not model.</exception>
    public static HostSettings Read(string app, Func<string, string?> variable)
    {
        var file = Path.Combine(app, "host.json");
        if (!File.Exists(file)) throw new ProcessException($"{file} is missing: --app must be the folder of a Functions app");
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        return Parse(json.RootElement, variable);
    }

    internal static HostSettings Parse(JsonElement root, Func<string, string?> variable)
    {
        if (!Try(root, "customHandler", out var handler) || !Try(handler, "description", out var description)) throw new ProcessException("host.json has no customHandler.description");
        if (Try(handler, "http", out _)) throw new ProcessException("host.json: customHandler.http is not modelled by this host");
        var queues = Try(root, "extensions", out var extensions) && Try(extensions, "queues", out var q) ? q : default;
        if (Try(root, "concurrency", out _)) throw new ProcessException("host.json: dynamic concurrency is not modelled by this host");
        var batch = Number(queues, "batchSize", 16, 1, 32);
        return new()
        {
            Executable = description.GetProperty("defaultExecutablePath").GetString() ?? throw new ProcessException("host.json: defaultExecutablePath is empty"),
            Arguments = Try(description, "arguments", out var arguments) ? [.. arguments.EnumerateArray().Select(a => FunctionFile.Expand(a.GetString()!, variable))] : [],
            InitializationTimeout = Span(handler, "initializationTimeout", TimeSpan.FromSeconds(30)),
            FunctionTimeout = Span(root, "functionTimeout", TimeSpan.FromMinutes(30)),
            BatchSize = batch,
            NewBatchThreshold = Number(queues, "newBatchThreshold", batch / 2, 0, 1000),
            MaxPollingInterval = Span(queues, "maxPollingInterval", TimeSpan.FromMinutes(1)),
            VisibilityTimeout = Span(queues, "visibilityTimeout", TimeSpan.Zero),
            MaxDequeueCount = Number(queues, "maxDequeueCount", 5, 1, 1000),
            Base64 = !Try(queues, "messageEncoding", out var encoding) || encoding.GetString() != "none",
        };
    }

    private static bool Try(JsonElement from, string name, out JsonElement value)
    {
        value = default;
        return from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out value);
    }

    private static int Number(JsonElement from, string name, int fallback, int low, int high)
    {
        if (!Try(from, name, out var value)) return fallback;
        var number = value.GetInt32();
        return number >= low && number <= high ? number : throw new ProcessException($"host.json: {name} is {low} to {high}, not {number}");
    }

    private static TimeSpan Span(JsonElement from, string name, TimeSpan fallback) => Try(from, name, out var value)
        ? TimeSpan.Parse(value.GetString()!, CultureInfo.InvariantCulture)
        : fallback;
}
