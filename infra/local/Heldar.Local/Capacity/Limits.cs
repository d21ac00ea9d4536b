namespace Heldar.Local.Capacity;

/// <summary>What the platform publishes as its limits. Scalability targets of Azure Storage are for messages of 1 KiB.</summary>
internal static class Limits
{
    /// <summary>Messages per second of one queue.</summary>
    public const double QueueMessagesPerSecond = 2000;

    /// <summary>Requests per second of one storage account.</summary>
    public const double AccountRequestsPerSecond = 20_000;

    /// <summary>Instances of one Flex Consumption app.</summary>
    public const int Instances = 1000;

    /// <summary>Messages that one instance has in hand per function: batchSize 32 + newBatchThreshold 64 of host.json.</summary>
    public const int MessagesInHand = 96;

    /// <summary>Messages of one get.</summary>
    public const int MessagesPerGet = 32;

    /// <summary>Longest pause of an idle poller, s: maxPollingInterval of host.json.</summary>
    public const double PollSeconds = 1;

    /// <summary>Plan no part for more than this share of its limit.</summary>
    public const double Headroom = 0.6;
}
