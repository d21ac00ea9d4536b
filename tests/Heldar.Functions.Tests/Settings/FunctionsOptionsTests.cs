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
        var options = Read(("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE", "s"), ("HELDAR_HEALTH_ADDRESS", address), ("FUNCTIONS_CUSTOMHANDLER_PORT", handlerPort)).Options;

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
            ("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE", "s"), ("HELDAR_SECRET_KEYS", "short"), ("HELDAR_SMTP", "http://mail.example"), ("HELDAR_MAIL_FROM", "heldar@example.com"), ("HELDAR_OUTGOING_CA", "/nowhere/ca.pem"));

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
        var options = Read(("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE", "s"), ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)).Options;

        Assert.Equal(read, options!.OtlpEndpoint?.AbsoluteUri);
    }

    [Fact]
    public void Collector_ThatCannotBeSpokenTo_IsAMistake()
    {
        var mistakes = Read(("HELDAR_DATABASE", "Host=h"), ("HELDAR_STORAGE", "s"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")).Mistakes;

        Assert.Equal(["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_ENDPOINT"], mistakes.Select(m => m.Split(':')[0]));
    }

    private static (FunctionsOptions? Options, IReadOnlyList<string> Mistakes) Read(params (string Name, string? Value)[] variables)
    {
        var options = FunctionsOptions.Read(name => variables.FirstOrDefault(v => v.Name == name).Value, out var mistakes);
        return (options, mistakes);
    }
}
