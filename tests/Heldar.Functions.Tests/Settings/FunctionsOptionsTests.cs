using Heldar.Functions.Settings;

namespace Heldar.Functions.Tests.Settings;

public sealed class FunctionsOptionsTests
{
    [Theory]
    [InlineData(null, null, "127.0.0.1:8080")]
    [InlineData("0.0.0.0", null, "0.0.0.0:8080")]
    [InlineData("[::]", null, "[::]:8080")]
    [InlineData("0.0.0.0", "7071", "127.0.0.1:7071")]
    public void Worker_ListensWhereItIsTold_TheHandlerOnLoopbackAlone(string? address, string? handlerPort, string listen)
    {
        var options = Read(("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE", "UseDevelopmentStorage=true"), ("HELDAR_HEALTH_ADDRESS", address), ("FUNCTIONS_CUSTOMHANDLER_PORT", handlerPort)).Options;

        Assert.Equal(listen, options!.Listen.ToString());
    }

    [Fact]
    public void Mistakes_AreNamedAtOnce()
    {
        var (options, mistakes) = Read(("HELDAR_SHARD", "Ä"), ("HELDAR_HEALTH_ADDRESS", "everywhere"), ("HELDAR_CONCURRENCY", "65"));

        Assert.Null(options);
        Assert.Equal(["HELDAR_DATABASE", "HELDAR_STORAGE", "HELDAR_SHARD", "HELDAR_CONCURRENCY", "HELDAR_HEALTH_ADDRESS"], mistakes.Select(m => m.Split(':')[0]));
    }

    [Fact]
    public void Mistakes_OfWhatWebhooksNeed_AreNamed()
    {
        var (options, mistakes) = Read(
            ("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE", "UseDevelopmentStorage=true"), ("HELDAR_SECRET_KEYS", "short"), ("HELDAR_SMTP", "http://mail.example"), ("HELDAR_MAIL_FROM", "heldar@example.com"), ("HELDAR_OUTGOING_CA", "/nowhere/ca.pem"));

        Assert.Null(options);
        Assert.Equal(["HELDAR_SECRET_KEYS", "HELDAR_SMTP", "HELDAR_OUTGOING_CA"], mistakes.Select(m => m.Split(':')[0]));
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("", "", null)]
    [InlineData("http://127.0.0.1:4318", null, "http://127.0.0.1:4318/")]
    [InlineData("https://collector.example/otlp/", "http/protobuf", "https://collector.example/otlp/")]
    public void Collector_IsWhatOpenTelemetrysVariablesSay(string? endpoint, string? protocol, string? read)
    {
        var options = Read(("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE", "UseDevelopmentStorage=true"), ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)).Options;

        Assert.Equal(read, options!.OtlpEndpoint?.AbsoluteUri);
    }

    [Fact]
    public void Collector_ThatCannotBeSpokenTo_IsAMistake()
    {
        var mistakes = Read(("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE", "UseDevelopmentStorage=true"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")).Mistakes;

        Assert.Equal(["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_ENDPOINT"], mistakes.Select(m => m.Split(':')[0]));
    }

    [Theory]
    [InlineData("AccountName=heldarabc;EndpointSuffix=core.windows.net", null, null, "AccountName=heldarabc;EndpointSuffix=core.windows.net")]
    [InlineData(null, "https://a.queue.core.windows.net", "https://a.blob.core.windows.net", "QueueEndpoint=https://a.queue.core.windows.net;BlobEndpoint=https://a.blob.core.windows.net")]
    [InlineData("UseDevelopmentStorage=true", "https://a.queue.core.windows.net", "https://a.blob.core.windows.net", "UseDevelopmentStorage=true")]
    public void Storage_IsAlsoAnAddress_WholeOrInTheHostsParts(string? whole, string? queues, string? blobs, string read)
    {
        var (options, mistakes) = Read(("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE", whole), ("HELDAR_STORAGE__queueServiceUri", queues), ("HELDAR_STORAGE__blobServiceUri", blobs));

        Assert.Empty(mistakes);
        Assert.Equal((read, read), (options!.Storage, options.ManifestStorage));
    }

    [Fact]
    public void Manifests_NeedBlobsAlone()
    {
        var options = Read(("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE", "AccountName=heldarabc"), ("HELDAR_MANIFEST_STORAGE", "BlobEndpoint=https://a.blob.core.windows.net")).Options;

        Assert.Equal("BlobEndpoint=https://a.blob.core.windows.net", options!.ManifestStorage);
    }

    [Theory]
    [InlineData("s", null, "HELDAR_STORAGE: it has neither a key nor a signature")]
    [InlineData("DefaultEndpointsProtocol=http;AccountName=heldarabc", null, "HELDAR_STORAGE: DefaultEndpointsProtocol must be https")]
    [InlineData(" ", null, "HELDAR_STORAGE: missing; give the storage account's connection string, or AccountName=heldarabc;EndpointSuffix=core.windows.net for a managed identity")]
    [InlineData("UseDevelopmentStorage=true", "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1", "HELDAR_MANIFEST_STORAGE: BlobEndpoint is an http address")]
    public void Storage_ThatMakesNoSense_IsAMistake(string storage, string? manifests, string mistake)
    {
        var mistakes = Read(("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE", storage), ("HELDAR_MANIFEST_STORAGE", manifests)).Mistakes;

        Assert.StartsWith(mistake, Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void StorageInParts_WithOneMissing_IsAMistake()
    {
        var mistakes = Read(("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE__queueServiceUri", "https://a.queue.core.windows.net")).Mistakes;

        Assert.Contains("no AccountName or BlobEndpoint", Assert.Single(mistakes), StringComparison.Ordinal);
    }

    private static (FunctionsOptions? Options, IReadOnlyList<string> Mistakes) Read(params (string Name, string? Value)[] variables)
    {
        var options = FunctionsOptions.Read(name => variables.FirstOrDefault(v => v.Name == name).Value, out var mistakes);
        return (options, mistakes);
    }
}
