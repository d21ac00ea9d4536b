namespace Heldar.Local.Capacity;

/// <summary>What the platform publishes as its limits, and what host.json and the deployment set. Scalability targets of Azure Storage are for messages of 1 KiB.</summary>
internal static class Limits
{
    /// <summary>Messages per second of one queue.</summary>
    public const double QueueMessagesPerSecond = 2000;

    /// <summary>Requests per second of one storage account.</summary>
    public const double AccountRequestsPerSecond = 20_000;

    /// <summary>Instances of one Flex Consumption app.</summary>
    public const int Instances = 1000;

    /// <summary>Memory of one instance: <c>instanceMemoryMB</c> of the deployment, 2,048 MB. Such an instance has one core.</summary>
    public const double InstanceGb = 2;

    /// <summary>Cores of an instance.</summary>
    public const double InstanceCores = 1;

    /// <summary>Least time that an execution is billed for, s.</summary>
    public const double BilledSeconds = 1;

    /// <summary>Messages that one instance has in hand per function: batchSize 32 + newBatchThreshold 64 of host.json.</summary>
    public const int MessagesInHand = 96;

    /// <summary>Messages of one get: batchSize of host.json, and the most that a queue gives.</summary>
    public const int MessagesPerGet = 32;

    /// <summary>Longest pause of an idle poller, s: maxPollingInterval of host.json.</summary>
    public const double PollSeconds = 1;

    /// <summary>Its first pause, s.</summary>
    public const double FirstPollSeconds = 0.1;

    /// <summary>Database connections that one process opens at most: <c>Maximum Pool Size</c> of the deployment's connection string.</summary>
    public const int ConnectionsPerProcess = 20;

    /// <summary>Plan no part for more than this share of its limit.</summary>
    public const double Headroom = 0.6;
}
