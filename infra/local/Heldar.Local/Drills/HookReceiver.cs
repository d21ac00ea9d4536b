using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Local.Servers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NodaTime;

namespace Heldar.Local.Drills;

/// <summary>
/// Receives webhooks in this process: believes what is signed, notes every call, answers 204. While it is <see cref="Unruly"/>, a small share of deliveries is refused
/// on the first try, half of them by 500 and half by a cut line; which ones, the seed and the delivery's id decide. Thread-safe.
/// </summary>
internal sealed class HookReceiver : IAsyncDisposable
{
    private const int MostBytes = 1024 * 1024;

    // Of 256: about 6 of 100 deliveries come twice, and five in a row, which would open the endpoint's circuit, nearly never fail.
    private const int Fails = 8;
    private const int Cuts = 16;
    private readonly int _seed;
    private readonly ConcurrentQueue<HookAttempt> _attempts = new();
    private readonly ConcurrentDictionary<string, int> _tries = new(StringComparer.Ordinal);
    private LoopbackWeb? _web;
    private volatile bool _unruly;
    private volatile string _secret = "";

    private HookReceiver(int seed) => _seed = seed;

    /// <summary>Where deliveries go.</summary>
    public Uri Url => new(_web!.Url, "hook");

    /// <summary>The endpoint's signing secret; without it nothing is believed.</summary>
    public string Secret
    {
        get => _secret;
        set => _secret = value;
    }

    /// <summary>Refuses some first tries.</summary>
    public bool Unruly
    {
        get => _unruly;
        set => _unruly = value;
    }

    /// <summary>All calls so far, in the order in which they were answered.</summary>
    public IReadOnlyList<HookAttempt> Attempts => [.. _attempts];

    /// <summary>Starts it on a free port.</summary>
    public static async Task<HookReceiver> StartAsync(int seed)
    {
        var receiver = new HookReceiver(seed);
        receiver._web = await LoopbackWeb.StartAsync(receiver.HandleAsync);
        return receiver;
    }

    /// <summary>Forgets all calls but these. Not while calls may come.</summary>
    public void Forget(params IReadOnlyList<HookAttempt> but)
    {
        _attempts.Clear();
        foreach (HookAttempt one in but) _attempts.Enqueue(one);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_web is not null) await _web.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MostBytes;
        using var memory = new MemoryStream();
        await context.Request.Body.CopyToAsync(memory, context.RequestAborted);
        HookAttempt attempt = Judge(context.Request.Headers, memory.ToArray());
        if (attempt.Fault is null) attempt = attempt with { Answer = Answer(attempt.Id) };

        // Noted before it is answered: nobody may have an answer that the drill does not know of.
        _attempts.Enqueue(attempt);
        if (attempt.Answer == 0) context.Abort();
        else context.Response.StatusCode = attempt.Answer;
    }

    private HookAttempt Judge(IHeaderDictionary headers, byte[] body)
    {
        string id = headers["webhook-id"].ToString(), timestamp = headers["webhook-timestamp"].ToString();
        if (id.Length == 0) return Refused("it has no webhook-id");
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            || Math.Abs(SystemClock.Instance.GetCurrentInstant().ToUnixTimeSeconds() - seconds) > HookSignature.ToleranceSeconds) return Refused($"its timestamp is {timestamp}");
        if (Secret.Length == 0 || !headers["webhook-signature"].ToString().Split(' ').Contains(HookSignature.Of(Secret, id, timestamp, body), StringComparer.Ordinal)) return Refused("its signature is wrong");
        try
        {
            return new HookAttempt(id, HookEvent.Parse(body), null, StatusCodes.Status204NoContent);
        }
        catch (JsonException wrong)
        {
            return new HookAttempt(id, null, $"its body is no event: {wrong.Message}", StatusCodes.Status400BadRequest);
        }

        HookAttempt Refused(string why) => new(id, null, why, StatusCodes.Status401Unauthorized);
    }

    private int Answer(string id)
    {
        if (_tries.AddOrUpdate(id, 1, (_, tries) => tries + 1) > 1 || !Unruly) return StatusCodes.Status204NoContent;
        return SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_seed} {id}")))[0] switch
        {
            < Fails => StatusCodes.Status500InternalServerError,
            < Cuts => 0,
            _ => StatusCodes.Status204NoContent,
        };
    }
}
