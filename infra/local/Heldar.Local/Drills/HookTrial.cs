using System.Security.Cryptography;
using System.Text;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts.Events;
using Heldar.Local.FleetSim;
using Heldar.Local.Processes;
using Npgsql;

namespace Heldar.Local.Drills;

/// <summary>
/// An endpoint that is made through the fleet's API, its receiver in this process, and the judge of what was delivered. Two of its subscriptions want the same
/// events, so that each event passes several filters and must still come once. One caller at a time.
/// </summary>
internal sealed class HookTrial : IAsyncDisposable
{
    /// <summary>What the endpoint wants, of simulated boxes alone: about a fifth of what they tell.</summary>
    public static readonly IReadOnlySet<string> Wanted = new HashSet<string>([EventTypes.Zone, EventTypes.Gap, EventTypes.SnapshotTaken], StringComparer.Ordinal);

    private const int MostTraced = 5;

    // One whose handler was killed during its call waits for the end of its claim and then for a timer.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly HookReceiver _receiver;
    private readonly Guid _endpoint;
    private readonly string _database;

    private HookTrial(HookReceiver receiver, Guid endpoint, string database) => (_receiver, _endpoint, _database) = (receiver, endpoint, database);

    /// <summary>Starts the receiver, makes the endpoint and waits until the cloud knows of it.</summary>
    /// <param name="desk">An administrator of the fleet.</param>
    /// <param name="database">Npgsql connection string of the index: what is still to come stands there.</param>
    /// <param name="seed">Decides which first tries are refused.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<HookTrial> StartAsync(TokenDesk desk, string database, int seed, CancellationToken cancellation)
    {
        HookReceiver receiver = await HookReceiver.StartAsync(seed);
        try
        {
            var made = await desk.SubscribeAsync("drill", receiver.Url, [[.. Wanted], [EventTypes.Zone, EventTypes.SnapshotTaken]], cancellation);
            receiver.Secret = made.Secret;
            await Task.Delay(Subscriptions.Lifetime.ToTimeSpan(), cancellation);
            return new HookTrial(receiver, made.Endpoint, database);
        }
        catch
        {
            await receiver.DisposeAsync();
            throw;
        }
    }

    /// <summary>On a calm fleet everything was delivered, and what is put in is found. From then on the receiver refuses a part of the first tries.</summary>
    /// <returns>Names of what was put in and found.</returns>
    public async Task<IReadOnlyList<string>> ProveAsync(SimLedger ledger, CancellationToken cancellation)
    {
        HookVerdict verdict = await JudgeAsync(ledger, cancellation);
        if (!verdict.Ok) throw new ProcessException($"before anything happened, deliveries were not in order: {string.Join("; ", verdict.Problems)}");
        IReadOnlyList<string> proved = await new HookProof(_receiver, ledger, Wanted).RunAsync(cancellation);
        _receiver.Forget();
        _receiver.Unruly = true;
        return proved;
    }

    /// <summary>The verdict, once everything has come that can, or after 3 minutes.</summary>
    public async Task<HookVerdict> JudgeAsync(SimLedger ledger, CancellationToken cancellation)
    {
        try
        {
            await Readiness.WaitAsync("everything is delivered", token => IsDoneAsync(ledger, token), Limit, null, cancellation);
        }
        catch (ProcessException)
        {
            // The verdict names what is missing.
        }

        HookVerdict verdict = HookJudge.Judge(ledger, _receiver.Attempts, Wanted);
        return verdict.Lost == 0 ? verdict : verdict with { Problems = [.. verdict.Problems, .. await TraceAsync(ledger, verdict.LostEvents, cancellation)] };
    }

    /// <summary>How many events the receiver should have and has not yet.</summary>
    public int Missing(SimLedger ledger)
    {
        HashSet<string> events = _receiver.Attempts.Where(one => one.Taken).Select(one => one.Event!.Id).ToHashSet(StringComparer.Ordinal);
        return HookJudge.Expected(ledger, Wanted).Count(line => !events.Contains(line.Event!));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    /// <summary>The receiver has every event, and no delivery is open but such that it took already: of those only the bookkeeping is missing.</summary>
    private async Task<bool> IsDoneAsync(SimLedger ledger, CancellationToken cancellation)
    {
        if (Missing(ledger) > 0) return false;
        HashSet<string> ids = _receiver.Attempts.Where(one => one.Taken).Select(one => one.Id).ToHashSet(StringComparer.Ordinal);
        return (await ReadAsync("select delivery from webhook_delivery where endpoint = @endpoint and state = 'pending'", null, cancellation)).All(ids.Contains);
    }

    /// <summary>How far the first lost ones came, by the index.</summary>
    private async Task<IReadOnlyList<string>> TraceAsync(SimLedger ledger, IReadOnlyList<string> lost, CancellationToken cancellation)
    {
        List<string> found = [];
        foreach (SimLine line in ledger.Sent.Where(line => lost.Take(MostTraced).Contains(line.Event, StringComparer.Ordinal)))
        {
            byte[] key = SHA256.HashData(Encoding.UTF8.GetBytes($"{HookJudge.SourceOf(line)}\n{line.Event}"));
            IReadOnlyList<string> rows = await ReadAsync(
                """
                select d.delivery || ' is ' || d.state || ' after ' || d.attempts || ' attempts, due ' || d.due_at || ', queued until ' || coalesce(d.queued_until::text, 'never') || ', claimed until ' || coalesce(d.claimed_until::text, 'never')
                    || coalesce((select ', at last ' || coalesce(a.failure, 'good') from webhook_attempt a where a.tenant = d.tenant and a.delivery = d.delivery order by a.attempt desc limit 1), '')
                from webhook_delivery d where d.endpoint = @endpoint and d.event = @key
                union all select 'it was kept, and there is no delivery' from webhook_event v where v.event = @key and not exists (select from webhook_delivery d where d.endpoint = @endpoint and d.event = @key)
                """,
                key, cancellation);
            found.Add($"delivery of {line.Event}: {(rows.Count == 0 ? "it was never fanned out" : string.Join("; ", rows))}");
        }

        return found;
    }

    private async Task<IReadOnlyList<string>> ReadAsync(string sql, byte[]? key, CancellationToken cancellation)
    {
        await using var database = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_database) { Pooling = false }.ConnectionString);
        await database.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, database);
        command.Parameters.AddWithValue("endpoint", _endpoint);
        if (key is not null) command.Parameters.AddWithValue("key", key);
        List<string> all = [];
        await using NpgsqlDataReader rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation)) all.Add(rows.GetString(0));
        return all;
    }
}
