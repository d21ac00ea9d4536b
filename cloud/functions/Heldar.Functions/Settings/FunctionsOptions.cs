using System.Globalization;
using Heldar.Contracts.Queues;

namespace Heldar.Functions.Settings;

/// <summary>Immutable settings, read from the environment, as app settings reach a custom handler.</summary>
/// <param name="Database">HELDAR_DATABASE: Npgsql connection string.</param>
/// <param name="Storage">HELDAR_STORAGE: Azure Storage connection string.</param>
/// <param name="Shard">HELDAR_SHARD: the shard whose queues this deployment serves.</param>
/// <param name="HandlerPort">FUNCTIONS_CUSTOMHANDLER_PORT: set by the Functions host; null for the worker front.</param>
/// <param name="HealthPort">HELDAR_HEALTH_PORT: loopback port of the worker's health endpoints, 0 for a free one. Default 8080.</param>
/// <param name="Concurrency">HELDAR_CONCURRENCY: messages of one queue that the worker handles at once, 1 to 64. More uses more database connections. Default 24: half the host's, as the worker runs beside other pods.</param>
internal sealed record FunctionsOptions(string Database, string Storage, string Shard, int? HandlerPort, int HealthPort, int Concurrency)
{
    /// <summary>HELDAR_OUTGOING_LOOPBACK: 1 lets webhooks reach loopback, for development only. Default 0.</summary>
    public bool OutgoingLoopback { get; init; }

    /// <summary>Reads and checks. Every mistake is in the list, each naming its variable.</summary>
    public static FunctionsOptions? Read(Func<string, string?> variable, out IReadOnlyList<string> mistakes)
    {
        List<string> wrong = [];
        var database = Required("HELDAR_DATABASE", "a connection string such as Host=127.0.0.1;Database=heldar;Username=heldar");
        var storage = Required("HELDAR_STORAGE", "the storage account's connection string");
        var shard = variable(QueueNames.ShardVariable) ?? "0";
        if (!QueueNames.IsShard(shard)) wrong.Add($"HELDAR_SHARD: '{shard}' is not a shard: 1 to 20 lower-case letters or digits");
        var handler = Number("FUNCTIONS_CUSTOMHANDLER_PORT", null, 1, 65535);
        var health = Number("HELDAR_HEALTH_PORT", 8080, 0, 65535)!.Value;
        var concurrency = Number("HELDAR_CONCURRENCY", 24, 1, 64)!.Value;
        var loopback = Number("HELDAR_OUTGOING_LOOPBACK", 0, 0, 1)!.Value;
        mistakes = wrong;
        return wrong.Count > 0 ? null : new(database, storage, shard, handler, health, concurrency) { OutgoingLoopback = loopback == 1 };

        string Required(string name, string example)
        {
            var value = variable(name);
            if (string.IsNullOrWhiteSpace(value)) wrong.Add($"{name}: missing; give {example}");
            return value ?? "";
        }

        int? Number(string name, int? fallback, int low, int high)
        {
            var text = variable(name);
            if (string.IsNullOrEmpty(text)) return fallback;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= low && value <= high) return value;
            wrong.Add($"{name}: '{text}' is not a number from {low} to {high}");
            return fallback ?? low;
        }
    }
}
