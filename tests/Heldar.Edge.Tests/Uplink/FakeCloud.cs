using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Xml.Linq;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Heldar.Edge.Tests.Uplink;

/// <summary>One message that a queue took.</summary>
internal sealed record TakenMessage(string Queue, byte[] Bytes, Envelope Envelope, BatchBody Body);

/// <summary>
/// Fleet and storage account in one real HTTP server, strict: whatever it does not model it refuses with 500 and notes in <see cref="Unmodelled"/>.
/// It checks every signature, keeps watermarks as the cloud does, and can lose acknowledgements or messages on demand.
/// </summary>
internal sealed class FakeCloud : IAsyncDisposable
{
    private const string Sas = "sv=2021-12-02&sp=a&sig=queue";
    private const string StagingSas = "sv=2021-12-02&sp=c&sig=staging";
    private readonly WebApplication _app;
    private readonly Dictionary<(EventClass, string), SortedSet<long>> _applied = [];
    private readonly Lock _lock = new();

    private FakeCloud(WebApplication app) => _app = app;

    public static readonly Guid Box = Guid.Parse("01938e20-0000-7000-8000-000000000001");

    public string Url { get; private set; } = "";

    public IClock Clock { get; set; } = new ManualClock();

    public string Token { get; set; } = "token-1";

    public byte[] BoxPublicKey { get; private set; } = [];

    public ConcurrentQueue<TakenMessage> Messages { get; } = new();

    public ConcurrentDictionary<string, byte[]> Blobs { get; } = new();

    public ConcurrentQueue<string> Unmodelled { get; } = new();

    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Next puts that are taken, but whose answer is lost.</summary>
    public int LostAcks { get; set; }

    /// <summary>Next puts that are answered 201 but vanish before they are applied.</summary>
    public int Vanishing { get; set; }

    /// <summary>Highest batch number that is taken, again and again, and never applied.</summary>
    public long Poison { get; set; }

    /// <summary>Status with which a queue refuses everything; 0 for none.</summary>
    public Dictionary<string, int> Refusals { get; } = new(StringComparer.Ordinal);

    /// <summary>What the box said last of itself.</summary>
    public HeartbeatRequest? LastBeat { get; private set; }

    /// <summary>Whether what is taken is applied at once and moves the watermark.</summary>
    public bool Applies { get; set; } = true;

    /// <summary>Refuse box times that are off by more than 5 minutes.</summary>
    public bool ChecksTime { get; set; } = true;

    public static async Task<FakeCloud> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var cloud = new FakeCloud(app);
        app.Run(cloud.HandleAsync);
        await app.StartAsync();
        cloud.Url = app.Urls.Single();
        return cloud;
    }

    public IReadOnlyList<Watermark> Watermarks()
    {
        lock (_lock)
            return [.. _applied.Select(p =>
            {
                var through = 0L;
                while (p.Value.Contains(through + 1)) through++;
                var holes = new List<SequenceRange>();
                var next = through + 1;
                foreach (var seq in p.Value.Where(s => s > through))
                {
                    if (seq > next) holes.Add(new SequenceRange(next, seq - 1));
                    next = seq + 1;
                }

                return new Watermark(p.Key.Item1, p.Key.Item2, through, holes);
            })];
    }

    /// <summary>Applies everything that has been taken so far.</summary>
    public void ApplyAll()
    {
        foreach (var message in Messages) Apply(message.Envelope);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        var (request, path) = (context.Request, context.Request.Path.Value!);
        Calls.Enqueue($"{request.Method} {path}");
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer);
        var body = buffer.ToArray();
        if (request.Method == "POST" && path == "/enrol") await EnrolAsync(context, body);
        else if (request.Method == "POST" && path == $"/api/v1/boxes/{Box:D}/sas") await SignedAsync(context, body, Grant);
        else if (request.Method == "POST" && path == $"/api/v1/boxes/{Box:D}/heartbeat") await SignedAsync(context, body, () => Beat(body));
        else if (request.Method == "POST" && path.StartsWith("/account/", StringComparison.Ordinal) && path.EndsWith("/messages", StringComparison.Ordinal)) await PutMessageAsync(context, path, body);
        else if (request.Method == "PUT" && path.StartsWith("/account/staging-1/", StringComparison.Ordinal)) await PutBlobAsync(context, path, body);
        else await RefuseAsync(context, $"{request.Method} {path}");
    }

    private HeartbeatResponse Beat(byte[] body)
    {
        LastBeat = JsonSerializer.Deserialize<HeartbeatRequest>(body, HeldarJson.Options)!;
        return new HeartbeatResponse(Clock.GetCurrentInstant(), Watermarks());
    }

    private async Task EnrolAsync(HttpContext context, byte[] body)
    {
        var request = JsonSerializer.Deserialize<EnrolRequest>(body, HeldarJson.Options)!;
        var key = Convert.FromBase64String(request.PublicKey);
        if (!BoxKeys.Verify(key, EnrolRequest.ProofBytes(request.Token), request.Proof))
        {
            await RefuseAsync(context, "a proof that does not verify");
            return;
        }

        if (request.Token != Token)
        {
            await AnswerAsync(context, 401, new ErrorBody("the token has expired", ErrorCodes.TokenExpired));
            return;
        }

        BoxPublicKey = key;
        await AnswerAsync(context, 200, new EnrolResponse("main", "depot", "Europe/Berlin", Box, Grant()));
    }

    private async Task SignedAsync(HttpContext context, byte[] body, Func<object> answer)
    {
        var headers = context.Request.Headers;
        var time = headers[BoxRequestSignature.TimeHeader].ToString();
        var signed = BoxRequestSignature.SignedBytes(context.Request.Method, context.Request.Path + context.Request.QueryString, time, body);
        if (!BoxKeys.Verify(BoxPublicKey, signed, headers[BoxRequestSignature.SignatureHeader].ToString()) || headers[BoxRequestSignature.BoxHeader] != Box.ToString("D"))
        {
            await AnswerAsync(context, 401, new ErrorBody("the signature does not fit", ErrorCodes.Unauthenticated));
            return;
        }

        var now = Clock.GetCurrentInstant();
        var off = InstantText.Parse(time) - now;
        if (ChecksTime && (off > Duration.FromMinutes(5) || off < -Duration.FromMinutes(5)))
        {
            await AnswerAsync(context, 401, new { error = "the clock is off", code = ErrorCodes.ClockSkew, serverTime = now });
            return;
        }

        await AnswerAsync(context, 200, answer());
    }

    private async Task PutMessageAsync(HttpContext context, string path, byte[] body)
    {
        var queue = path["/account/".Length..^"/messages".Length];
        if (context.Request.QueryString.Value != $"?{Sas}&messagettl=-1" || context.Request.Headers["x-ms-version"] != "2021-12-02")
        {
            await RefuseAsync(context, $"a put with {context.Request.QueryString}");
            return;
        }

        var name = queue[..^2];
        if (Refusals.TryGetValue(name, out var status))
        {
            context.Response.StatusCode = status;
            context.Response.Headers["x-ms-error-code"] = status == 403 ? "AuthenticationFailed" : "ServerBusy";
            return;
        }

        var text = XElement.Parse(System.Text.Encoding.UTF8.GetString(body)).Element("MessageText")!.Value;
        if (text.Length > 64 * 1024)
        {
            await RefuseAsync(context, "a message of more than 64 KiB");
            return;
        }

        var bytes = Convert.FromBase64String(text);
        var envelope = Envelope.Parse(bytes);
        var content = envelope.Body is { } inline ? BatchBody.Bytes(inline) : Blobs[envelope.BodyUrl!];
        var batch = BatchBody.Parse(content);
        if (!BoxKeys.Verify(BoxPublicKey, content, envelope.Sig) || !batch.Matches(envelope) || batch.Events.Any(e => EventTypes.Get(e.Type) is var t && (t.Queue != name || t.Class != batch.Class)))
        {
            await RefuseAsync(context, "an envelope that does not verify");
            return;
        }

        if (Vanishing > 0)
        {
            Vanishing--;
            context.Response.StatusCode = 201;
            return;
        }

        Messages.Enqueue(new TakenMessage(name, bytes, envelope, batch));
        if (Applies && envelope.BatchSeq > Poison) Apply(envelope);
        if (LostAcks > 0)
        {
            LostAcks--;
            context.Abort();
            return;
        }

        context.Response.StatusCode = 201;
    }

    private async Task PutBlobAsync(HttpContext context, string path, byte[] body)
    {
        var name = path["/account/".Length..];
        var expected = "staging-1/" + Convert.ToHexStringLower(SHA256.HashData(body));
        if (name != expected || context.Request.QueryString.Value != $"?{StagingSas}" || context.Request.Headers["x-ms-blob-type"] != "BlockBlob")
        {
            await RefuseAsync(context, "a blob that is not named by its hash");
            return;
        }

        if (!Blobs.TryAdd(name, body))
        {
            context.Response.StatusCode = 403;
            context.Response.Headers["x-ms-error-code"] = "UnauthorizedBlobOverwrite";
            return;
        }

        context.Response.StatusCode = 201;
    }

    private void Apply(Envelope envelope)
    {
        lock (_lock)
        {
            if (!_applied.TryGetValue((envelope.Class, envelope.Epoch), out var seqs)) _applied[(envelope.Class, envelope.Epoch)] = seqs = [];
            seqs.Add(envelope.BatchSeq);
        }
    }

    private SasGrant Grant()
    {
        var now = Clock.GetCurrentInstant();
        var queues = QueueNames.FromBoxes.ToDictionary(q => q, q => $"{Url}/account/{q}-0?{Sas}", StringComparer.Ordinal);
        return new SasGrant("0", queues, $"{Url}/account/staging-1?{StagingSas}", now, now + Duration.FromMinutes(60), Watermarks());
    }

    private async Task RefuseAsync(HttpContext context, string what)
    {
        Unmodelled.Enqueue(what);
        await AnswerAsync(context, 500, new ErrorBody("not modelled: " + what, "unmodelled"));
    }

    private static Task AnswerAsync(HttpContext context, int status, object body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(body, HeldarJson.Options);
    }
}
