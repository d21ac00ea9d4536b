using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Heldar.Testing;

/// <summary>A span as it came over the wire.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Trace">Trace id in hex.</param>
/// <param name="Id">Span id in hex.</param>
/// <param name="Parent">Span id of the parent; empty for none.</param>
/// <param name="Texts">Attributes that are text.</param>
/// <param name="Links">Span ids that it links to.</param>
public sealed record ReceivedSpan(string Name, string Trace, string Id, string Parent, IReadOnlyDictionary<string, string> Texts, IReadOnlyList<string> Links);

/// <summary>A collector of OTLP/HTTP on a free port: takes protobuf, and reads of it what tests ask for (opentelemetry-proto v1).</summary>
public sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpCollector(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public string Url => _app.Urls.Single();

    /// <summary>All spans so far.</summary>
    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    /// <summary>Names of all metrics so far.</summary>
    public ConcurrentQueue<string> Metrics { get; } = new();

    /// <summary>The Authorization header of each request.</summary>
    public ConcurrentQueue<string?> Authorizations { get; } = new();

    /// <summary>Everything that came, as text in which what was sent can be searched.</summary>
    public ConcurrentQueue<string> Bodies { get; } = new();

    /// <summary>Starts one on a free loopback port.</summary>
    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var collector = new OtlpCollector(app);
        app.MapPost("/v1/traces", c => collector.TakeAsync(c, body =>
        {
            foreach (var span in Inner(body, 1, 2, 2))
                collector.Spans.Enqueue(new(Text(span, 5), Hex(span, 1), Hex(span, 2), Hex(span, 4), Texts(span), [.. Fields(span, 13).Select(link => Hex(link, 2))]));
        }));
        app.MapPost("/v1/metrics", c => collector.TakeAsync(c, body =>
        {
            foreach (var metric in Inner(body, 1, 2, 2)) collector.Metrics.Enqueue(Text(metric, 1));
        }));
        await app.StartAsync();
        return collector;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static Dictionary<string, string> Texts(byte[] span)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in Fields(span, 9))
            if (Inner(pair, 2, 1).FirstOrDefault() is { } text) texts[Text(pair, 1)] = Encoding.UTF8.GetString(text);
        return texts;
    }

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Fields(message, field).FirstOrDefault() ?? []);

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).FirstOrDefault() ?? []);

    private static IEnumerable<byte[]> Inner(byte[] message, params int[] path) =>
        path.Aggregate<int, IEnumerable<byte[]>>([message], (all, field) => all.SelectMany(m => Fields(m, field)));

    /// <summary>Length-delimited fields of a number; others are stepped over (https://protobuf.dev/programming-guides/encoding/).</summary>
    private static IEnumerable<byte[]> Fields(byte[] message, int wanted)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            switch (tag & 7)
            {
                case 0: Varint(message, ref at); break;
                case 1: at += 8; break;
                case 5: at += 4; break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    if (tag >> 3 == (ulong)wanted) yield return message[at..(at + length)];
                    at += length;
                    break;
                default: throw new InvalidDataException($"wire type {tag & 7}");
            }
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var one = message[at++];
            value |= (ulong)(one & 0x7F) << shift;
            if (one < 0x80) return value;
        }
    }

    private async Task TakeAsync(HttpContext context, Action<byte[]> read)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Authorizations.Enqueue(context.Request.Headers.Authorization);
        Bodies.Enqueue(Encoding.Latin1.GetString(body.ToArray()));
        read(body.ToArray());
        context.Response.ContentType = "application/x-protobuf";
    }
}
