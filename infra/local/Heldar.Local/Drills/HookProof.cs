using System.Globalization;
using System.Text;
using Heldar.Local.FleetSim;
using Heldar.Local.Processes;
using NodaTime;

namespace Heldar.Local.Drills;

/// <summary>
/// Shows that the judge of deliveries finds faults before its word counts: takes one delivery away, and calls the receiver as a cloud would that fans out one event
/// twice, signs wrongly, changes what it tells, or repeats itself.
/// </summary>
internal sealed class HookProof(HookReceiver receiver, SimLedger ledger, IReadOnlySet<string> wanted)
{
    private static readonly (string Name, Func<HookProof, HookAttempt, CancellationToken, Task<IReadOnlyList<HookAttempt>>> Put, Func<HookVerdict, int> Count, bool IsFault)[] Faults =
    [
        ("delivery_loss", (proof, victim, _) => Task.FromResult<IReadOnlyList<HookAttempt>>([.. proof.Attempts.Where(one => one.Id != victim.Id)]), v => v.Lost, true),
        ("second_delivery", (proof, victim, token) => proof.CallAsync(victim, victim.Id + "0", _ => { }, token), v => v.Second, true),
        ("unsigned_delivery", (proof, victim, token) => proof.CallAsync(victim, victim.Id, call => call.Secret = "whsec_" + Convert.ToBase64String(new byte[32]), token), v => v.Wrong, true),
        ("changed_delivery", (proof, victim, token) => proof.CallAsync(victim, victim.Id, call => call.Data = "{}", token), v => v.Wrong, true),
        ("repeated_delivery", (proof, victim, token) => proof.CallAsync(victim, victim.Id, _ => { }, token), v => v.Again, false),
    ];

    private readonly IReadOnlyList<HookAttempt> _before = receiver.Attempts;

    private IReadOnlyList<HookAttempt> Attempts => receiver.Attempts;

    /// <summary>Names of what was put in and found. The receiver keeps the calls: it has to forget them before anything counts.</summary>
    /// <exception cref="ProcessException">One was not found, or there is no delivery to harm.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellation)
    {
        HookAttempt victim = _before.LastOrDefault(one => one.Taken) ?? throw new ProcessException("nothing was delivered: the judge of deliveries cannot be proven");
        List<string> found = [];
        foreach (var (name, put, count, isFault) in Faults)
        {
            HookVerdict before = HookJudge.Judge(ledger, Attempts, wanted);
            HookVerdict after = HookJudge.Judge(ledger, await put(this, victim, cancellation), wanted);
            if (count(after) != count(before) + 1) throw new ProcessException($"the judge counts {count(after)} after one injected {name}, and {count(before)} before it");
            if (after.Ok == isFault) throw new ProcessException(isFault ? $"the judge lets one injected {name} pass" : $"the judge does not allow {name}");
            found.Add(name);
            receiver.Forget(_before);
        }

        return found;
    }

    private async Task<IReadOnlyList<HookAttempt>> CallAsync(HookAttempt victim, string id, Action<Call> change, CancellationToken cancellation)
    {
        var call = new Call { Secret = receiver.Secret, Data = victim.Event!.Data.GetRawText() };
        change(call);
        byte[] body = Encoding.UTF8.GetBytes(
            $$"""{"specversion":"1.0","id":"{{victim.Event.Id}}","source":"{{victim.Event.Source}}","type":"{{victim.Event.Type}}","time":"{{victim.Event.Time}}","data":{{call.Data}}}""");
        string timestamp = SystemClock.Instance.GetCurrentInstant().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
        using var request = new HttpRequestMessage(HttpMethod.Post, receiver.Url) { Content = new ByteArrayContent(body) };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", HookSignature.Of(call.Secret, id, timestamp, body));
        using HttpResponseMessage answer = await http.SendAsync(request, cancellation);
        return receiver.Attempts;
    }

    private sealed class Call
    {
        public required string Secret { get; set; }

        public required string Data { get; set; }
    }
}
