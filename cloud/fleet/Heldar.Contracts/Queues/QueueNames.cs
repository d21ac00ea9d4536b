namespace Heldar.Contracts.Queues;

/// <summary>
/// The names of the queues: the only place in code that spells them. function.json and Bicep spell them too; an architecture test compares.
/// Queues that boxes write to are sharded by box: <c>{name}-{shard}</c>.
/// </summary>
public static class QueueNames
{
    public const string Segments = "segments";
    public const string Detections = "detections";
    public const string Snapshots = "snapshots";
    public const string States = "states";
    public const string Registrations = "registrations";
    public const string Fanout = "fanout";
    public const string Webhooks = "webhooks";
    public const string Archive = "archive";
    public const string Retention = "retention";
    public const string Holds = "holds";

    /// <summary>Dead letters that a person sends again, signed by the cloud's own key. No box gets a SAS for it.</summary>
    public const string Mended = "mended";

    /// <summary>Suffix that the Functions host gives to the queue for messages that were dequeued too often.</summary>
    public const string PoisonSuffix = "-poison";

    /// <summary>Environment variable (and app setting) that names the shard a deployment serves; function.json uses it as %HELDAR_SHARD%.</summary>
    public const string ShardVariable = "HELDAR_SHARD";

    /// <summary>Every queue, unsharded.</summary>
    public static IReadOnlyList<string> All { get; } =
        [Segments, Detections, Snapshots, States, Registrations, Fanout, Webhooks, Archive, Retention, Holds, Mended];

    /// <summary>The queues that boxes put messages into, through a SAS with add rights only.</summary>
    public static IReadOnlyList<string> FromBoxes { get; } = [Segments, Detections, Snapshots, States, Registrations, Holds];

    /// <summary>The queue's name in one shard, for example <c>segments-0</c>. A shard is 1 to 20 of [a-z0-9].</summary>
    public static string InShard(string queue, string shard)
    {
        ArgumentException.ThrowIfNullOrEmpty(queue);
        if (!IsShard(shard)) throw new ArgumentException($"'{shard}' is not a shard name: 1 to 20 lower-case letters or digits", nameof(shard));
        return $"{queue}-{shard}";
    }

    /// <summary>The shard of a queue's full name, such as <c>segments-0</c> or <c>segments-0-poison</c>; null when it names none.</summary>
    public static string? ShardOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var work = name.EndsWith(PoisonSuffix, StringComparison.Ordinal) ? name[..^PoisonSuffix.Length] : name;
        return work.LastIndexOf('-') is > 0 and var cut && IsShard(work[(cut + 1)..]) ? work[(cut + 1)..] : null;
    }

    /// <summary>The poison queue beside a queue.</summary>
    public static string Poison(string queue) => queue + PoisonSuffix;

    /// <summary>Whether a text can name a shard.</summary>
    public static bool IsShard(string? shard) => shard is { Length: >= 1 and <= 20 } && shard.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9'));
}
