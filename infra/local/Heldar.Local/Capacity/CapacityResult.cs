namespace Heldar.Local.Capacity;

/// <summary>One queue's share.</summary>
/// <param name="Queue">Unsharded name.</param>
/// <param name="EventsPerSecond">Of the whole fleet.</param>
/// <param name="MessagesPerSecond">Of the whole fleet.</param>
internal sealed record QueueLoad(string Queue, double EventsPerSecond, double MessagesPerSecond)
{
    /// <summary>Events per second and box, those that come together counted as one.</summary>
    public double ArrivalsPerBox { get; init; }

    /// <summary>How long they may wait on their box, s.</summary>
    public double Flush { get; init; }

    /// <summary>Of the function behind it, all shards together.</summary>
    public int Instances { get; init; }

    /// <summary>Requests per second that ask for messages.</summary>
    public double FetchesPerSecond { get; init; }
}

/// <summary>What a second of the whole fleet costs in operations.</summary>
/// <param name="QueueRequests">Puts, gets and deletes, the drain of poison queues included.</param>
/// <param name="BlobWrites">Manifests, the host's timers, and boxes' containers.</param>
/// <param name="BlobReads">Manifests that are folded again.</param>
/// <param name="Executions">Of functions, timers included.</param>
/// <param name="TimerExecutions">Of these, timers'.</param>
/// <param name="DatabaseWrites">Transactions that change something, the fleet's included.</param>
/// <param name="OutgoingBytes">To the receivers of webhooks.</param>
internal sealed record OperationRates(double QueueRequests, double BlobWrites, double BlobReads, double Executions, double TimerExecutions, double DatabaseWrites, double OutgoingBytes);

/// <summary>What a month costs, by part.</summary>
internal sealed record MonthlyCost(double Queues, double Blobs, double Functions, double Database, double Fleet, double Outgoing)
{
    public double Total => Queues + Blobs + Functions + Database + Fleet + Outgoing;
}

/// <summary>What a fleet needs.</summary>
internal sealed record CapacityResult
{
    public required CapacityInput Input { get; init; }

    public required IReadOnlyList<QueueLoad> Queues { get; init; }

    public required double MessagesPerSecond { get; init; }

    /// <summary>Storage accounts, and as many deployments of the functions.</summary>
    public required int Shards { get; init; }

    /// <summary>Instances of functions, all shards together.</summary>
    public required int Instances { get; init; }

    /// <summary>Replicas of the fleet service.</summary>
    public required int FleetReplicas { get; init; }

    public required OperationRates Rates { get; init; }

    /// <summary>From the end of a segment, or from what was seen, to its commit, s: the slower of the two.</summary>
    public required double LatencyP50Seconds { get; init; }

    public required double LatencyP95Seconds { get; init; }

    /// <summary>Steady state, GB (10⁹ bytes).</summary>
    public required double DatabaseGb { get; init; }

    public required double ManifestGb { get; init; }

    /// <summary>Footage on each box, TB (10¹² bytes).</summary>
    public required double BoxTb { get; init; }

    /// <summary>The smallest database that is enough; null when none is.</summary>
    public required DatabaseSize? Database { get; init; }

    public required MonthlyCost Cost { get; init; }

    public required double CostPerCameraMonth { get; init; }

    /// <summary>Limits that do not hold; empty when it can be built so.</summary>
    public required IReadOnlyList<string> Obstacles { get; init; }
}
