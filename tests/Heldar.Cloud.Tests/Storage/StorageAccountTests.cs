using System.Net;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Heldar.Cloud.Index;
using Heldar.Cloud.Queues;
using Heldar.Cloud.Storage;

namespace Heldar.Cloud.Tests.Storage;

/// <summary>What a setting may say about a storage account, and whose token opens it.</summary>
public sealed class StorageAccountTests
{
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    [Theory]
    [InlineData("UseDevelopmentStorage=true", false)]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=heldarabc;AccountKey=" + Key + ";EndpointSuffix=core.windows.net", false)]
    [InlineData("DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=" + Key + ";BlobEndpoint=http://127.0.0.1:1/devstoreaccount1;QueueEndpoint=http://127.0.0.1:2/devstoreaccount1;", false)]
    [InlineData("BlobEndpoint=https://heldarabc.blob.core.windows.net;QueueEndpoint=https://heldarabc.queue.core.windows.net;SharedAccessSignature=sv=2021&sig=x", false)]
    [InlineData("AccountName=heldarabc", true)]
    [InlineData(" accountname = heldarabc ; EndpointSuffix=core.chinacloudapi.cn; ", true)]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=heldarabc;EndpointSuffix=core.windows.net", true)]
    [InlineData("QueueEndpoint=https://heldarabc.queue.core.windows.net/;BlobEndpoint=https://heldarabc.blob.core.windows.net/", true)]
    public void Setting_WithAKeyIsOpenedWithIt_AndWithoutOneByTheIdentity(string setting, bool identity)
    {
        Assert.True(StorageAccount.TryParse(setting, out var account, out var mistake), mistake);
        Assert.Equal(identity, account.UsesIdentity);
        Assert.NotNull(new QueueStore(account));
        Assert.NotNull(new ManifestStore(account));
    }

    [Theory]
    [InlineData("AccountName=heldarabc;EndpointSuffix=core.usgovcloudapi.net", "https://heldarabc.queue.core.usgovcloudapi.net/", "https://heldarabc.blob.core.usgovcloudapi.net/")]
    [InlineData("AccountName=heldarabc;QueueEndpoint=https://127.0.0.1:2/devstoreaccount1", "https://127.0.0.1:2/devstoreaccount1", "https://heldarabc.blob.core.windows.net/")]
    public void Address_IsMadeOfTheName_WhereNoEndpointIsGiven(string setting, string queues, string blobs)
    {
        Assert.True(StorageAddress.TryParse(setting, queues: true, out var address, out var mistake), mistake);
        Assert.Equal((queues, blobs), (address.Queues!.AbsoluteUri, address.Blobs.AbsoluteUri));
    }

    [Theory]
    [InlineData("", "no AccountName or BlobEndpoint")]
    [InlineData("heldarabc", "neither a key nor a signature")]
    [InlineData("AccountName=Heldar-abc", "is no account")]
    [InlineData("AccountName=", "AccountName is empty")]
    [InlineData("AccountName=heldarabc;AccountName=heldarabd", "is there twice")]
    [InlineData("AccountName=heldarabc;EndpointSuffix=core.windows.net/?x=y", "is no address")]
    [InlineData("BlobEndpoint=https://heldarabc.blob.core.windows.net", "no AccountName or QueueEndpoint")]
    [InlineData("QueueEndpoint=https://heldarabc.queue.core.windows.net", "no AccountName or BlobEndpoint")]
    [InlineData("QueueEndpoint=https://user:word@heldarabc.queue.core.windows.net;AccountName=heldarabc", "QueueEndpoint is no address")]
    [InlineData("QueueEndpoint=ftp://heldarabc;AccountName=heldarabc", "QueueEndpoint is no address")]
    [InlineData("QueueEndpoint=http://127.0.0.1:2/devstoreaccount1;BlobEndpoint=https://127.0.0.1:1/devstoreaccount1", "over https alone, on this machine, too")]
    [InlineData("QueueEndpoint=https://127.0.0.1:2/devstoreaccount1;BlobEndpoint=http://localhost:1/devstoreaccount1", "over https alone, on this machine, too")]
    [InlineData("DefaultEndpointsProtocol=http;AccountName=heldarabc", "over https alone")]
    [InlineData("DefaultEndpointsProtocol=https;AccountKey=" + Key, "connection string")]
    [InlineData("AccountName=heldarabc;AccountKey=not base64!", "connection string")]
    [InlineData("AccountName=heldarabc;AcountKey=" + Key, "neither a key nor a signature")]
    public void Setting_ThatMakesNoSense_IsAMistake_AndTellsNoKey(string setting, string mistake)
    {
        Assert.False(StorageAccount.TryParse(setting, out _, out var said));
        Assert.Contains(mistake, said, StringComparison.Ordinal);
        Assert.DoesNotContain(Key[..8], said, StringComparison.Ordinal);
        Assert.DoesNotContain("word", said, StringComparison.Ordinal);
        Assert.Equal(said, Assert.Throws<FormatException>(() => StorageAccount.Parse(setting)).Message);
    }

    [Fact]
    public void Blobs_AreEnough_WhereNoQueueIsNeeded()
    {
        Assert.True(StorageAccount.TryParse("BlobEndpoint=https://heldarabc.blob.core.windows.net", out var account, out _, queues: false));
        Assert.NotNull(new ManifestStore(account));
        Assert.Throws<InvalidOperationException>(() => new QueueStore(account));
    }

    [Theory]
    [InlineData(null, null, typeof(DefaultAzureCredential))]
    [InlineData("", "", typeof(DefaultAzureCredential))]
    [InlineData("5f6c2f2e-3a53-4f6b-9e43-0a6d3c1f7b11", null, typeof(ManagedIdentityCredential))]
    [InlineData("5f6c2f2e-3a53-4f6b-9e43-0a6d3c1f7b11", "/var/run/secrets/azure/tokens/azure-identity-token", typeof(WorkloadIdentityCredential))]
    public void Identity_IsTheOneThatTheEnvironmentNames_AndNoOther(string? client, string? file, Type source)
    {
        var identity = new ProgramIdentity(name => name switch { "AZURE_CLIENT_ID" => client, "AZURE_FEDERATED_TOKEN_FILE" => file, _ => null });

        Assert.IsType(source, identity.Source);
        if (client is { Length: > 0 }) Assert.Contains(client, identity.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusal_NamesWhoWasRefusedWhat_AndTheRole_InOneLine()
    {
        var asked = new List<string?>();
        using var client = new HttpClient(new Refusing(asked));
        var account = Account(client, (_, _) => new("a token", DateTimeOffset.MaxValue));

        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => new QueueStore(account).SendAsync("segments-0", new byte[] { 1 }, TimeSpan.Zero, TestContext.Current.CancellationToken));

        Assert.Equal((403, "AuthorizationPermissionMismatch"), (refused.Status, refused.ErrorCode));
        Assert.Equal(
            "POST https://heldarabc.queue.core.windows.net/segments-0/messages: the storage account refuses the identity under test (403 AuthorizationPermissionMismatch: It has \"no\" right.): "
            + "give it the role Storage Queue Data Contributor there, let this network reach the account, and wait some minutes until a new right is known",
            refused.Message);
        Assert.Equal(["Bearer a token"], asked);
    }

    [Fact]
    public async Task Program_WithoutAnIdentity_IsTold_AndTheAccountIsNotAsked()
    {
        var asked = new List<string?>();
        using var client = new HttpClient(new Refusing(asked));
        var account = Account(client, (_, _) => throw new CredentialUnavailableException("No managed identity\nendpoint found."));

        var missing = await Assert.ThrowsAsync<RequestFailedException>(() => new QueueStore(account).CountAsync("segments-0", TestContext.Current.CancellationToken));

        Assert.Equal((401, "NoToken"), (missing.Status, missing.ErrorCode));
        Assert.StartsWith("no token for the storage account, the identity under test gets none (No managed identity endpoint found.): assign it to this program", missing.Message, StringComparison.Ordinal);
        Assert.IsType<CredentialUnavailableException>(missing.InnerException);
        Assert.Empty(asked);
    }

    private static StorageAccount Account(HttpClient client, Func<TokenRequestContext, CancellationToken, AccessToken> token)
    {
        Assert.True(StorageAddress.TryParse("AccountName=heldarabc", queues: true, out var address, out var mistake), mistake);
        return new(address, new ProgramIdentity(DelegatedTokenCredential.Create(token), "the identity under test"), new HttpClientTransport(client));
    }

    /// <summary>An account that knows the identity and gives it no right.</summary>
    private sealed class Refusing(List<string?> asked) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            asked.Add(request.Headers.Authorization?.ToString());
            var answer = new HttpResponseMessage(HttpStatusCode.Forbidden) { Content = new StringContent("<Error><Code>AuthorizationPermissionMismatch</Code><AuthenticationErrorDetail>It has \"no\"\nright.</AuthenticationErrorDetail></Error>") };
            answer.Headers.Add("x-ms-error-code", "AuthorizationPermissionMismatch");
            return Task.FromResult(answer);
        }
    }
}
