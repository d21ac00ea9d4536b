using System.Diagnostics.CodeAnalysis;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace Heldar.Cloud.Storage;

/// <summary>
/// A storage account as a setting names it, and the one place that opens its queues and blobs: with the key or signature of a connection string, or, where the setting
/// holds none, with tokens of the program's own identity (<see cref="ProgramIdentity"/>), which go over https alone. Immutable and thread-safe.
/// </summary>
public sealed class StorageAccount
{
    private const string ForQueues = "Storage Queue Data Contributor";
    private const string ForBlobs = "Storage Blob Data Contributor";

    private readonly string? _connectionString;
    private readonly StorageAddress? _address;
    private readonly TokenCredential? _identity;
    private readonly HttpPipelineTransport? _transport;

    private StorageAccount(string connectionString) => _connectionString = connectionString;

    internal StorageAccount(StorageAddress address, TokenCredential identity, HttpPipelineTransport? transport = null) =>
        (_address, _identity, _transport) = (address, identity, transport);

    /// <summary>Whether it is opened with the program's identity and not with a key.</summary>
    public bool UsesIdentity => _identity is not null;

    /// <summary>An account with its key. What is wrong with the text shows when the account is opened: <see cref="FormatException"/>.</summary>
    public static StorageAccount WithKey(string connectionString) => new(connectionString);

    /// <summary>Reads a setting: a connection string with key or signature, or an account's address without.</summary>
    /// <exception cref="FormatException">It is neither; the message says what is wrong, and holds nothing of a key.</exception>
    public static StorageAccount Parse(string setting, bool queues = true) => TryParse(setting, out var account, out var mistake, queues) ? account : throw new FormatException(mistake);

    /// <summary>Reads a setting as <see cref="Parse"/> does.</summary>
    /// <param name="setting">The text.</param>
    /// <param name="account">The account, when the text makes sense.</param>
    /// <param name="mistake">What is wrong otherwise, without anything of a key.</param>
    /// <param name="queues">Whether the account's queues are needed beside its blobs.</param>
    public static bool TryParse(string setting, [NotNullWhen(true)] out StorageAccount? account, [NotNullWhen(false)] out string? mistake, bool queues = true)
    {
        account = null;
        if (StorageAddress.HoldsSecret(setting))
        {
            mistake = MistakeOf(setting);
            if (mistake is not null) return false;
            account = new(setting);
            return true;
        }

        if (!StorageAddress.TryParse(setting, queues, out var address, out mistake)) return false;
        account = new(address, new ProgramIdentity(Environment.GetEnvironmentVariable));
        return true;
    }

    internal QueueServiceClient OpenQueues()
    {
        var options = new QueueClientOptions(QueueClientOptions.ServiceVersion.V2021_02_12) { MessageEncoding = QueueMessageEncoding.None };
        options.Retry.MaxRetries = 1;
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(15);
        if (_identity is null) return new(_connectionString, options);
        return new(_address?.Queues ?? throw new InvalidOperationException("the setting names no queues"), _identity, ByIdentity(options, ForQueues));
    }

    internal BlobServiceClient OpenBlobs()
    {
        var options = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2021_12_02);
        return _identity is null ? new(_connectionString, options) : new(_address!.Blobs, _identity, ByIdentity(options, ForBlobs));
    }

    private T ByIdentity<T>(T options, string role)
        where T : ClientOptions
    {
        if (_transport is not null) options.Transport = _transport;
        // Once per call: outside of the retries, and of the answer to a challenge.
        options.AddPolicy(new RefusalPolicy(_identity!.ToString()!, role), HttpPipelinePosition.PerCall);
        return options;
    }

    private static string? MistakeOf(string connectionString)
    {
        try
        {
            _ = (new QueueServiceClient(connectionString), new BlobServiceClient(connectionString));
            return null;
        }
        catch (Exception wrong) when (wrong is FormatException or ArgumentException or InvalidOperationException)
        {
            return "it is not a storage account's connection string: some part of it is missing or malformed";
        }
    }
}
