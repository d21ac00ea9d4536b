using System.Collections.Concurrent;
using System.Text.Json;
using Dapper;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Webhooks;

/// <summary>One enabled subscription.</summary>
internal sealed record Subscription(Guid Id, Guid Endpoint, bool Ordered, EventFilter Filter);

/// <summary>A tenant's subscriptions and its sites' time zones at one moment.</summary>
/// <param name="All">Those of enabled endpoints: they get deliveries.</param>
/// <param name="Resting">Those of disabled endpoints: what they want is kept, so that it can be replayed.</param>
/// <param name="Zones">Time zones by site.</param>
internal sealed record SubscriptionSet(IReadOnlyList<Subscription> All, IReadOnlyList<Subscription> Resting, IReadOnlyDictionary<string, DateTimeZone> Zones)
{
    public bool Wants(string type) => All.Any(s => s.Filter.WantsType(type)) || Resting.Any(s => s.Filter.WantsType(type));

    /// <summary>Whether any endpoint wants the event, be it disabled.</summary>
    public bool Keeps(CloudEvent one)
    {
        var facts = EventFacts.Of(one, site => Zones.GetValueOrDefault(site, DateTimeZone.Utc));
        return All.Any(s => s.Filter.Passes(facts)) || Resting.Any(s => s.Filter.Passes(facts));
    }

    /// <summary>The subscription of each endpoint that wants the event; of several of one endpoint the oldest.</summary>
    public IEnumerable<Subscription> Matching(CloudEvent one)
    {
        var facts = EventFacts.Of(one, site => Zones.GetValueOrDefault(site, DateTimeZone.Utc));
        return All.Where(s => s.Filter.Passes(facts)).DistinctBy(s => s.Endpoint);
    }
}

/// <summary>What each tenant subscribed to, at most <see cref="Lifetime"/> old. Thread-safe; bounded.</summary>
public sealed class Subscriptions(NpgsqlDataSource database, IClock clock)
{
    private const int MaxTenants = 10_000;

    /// <summary>So long a new or changed subscription may take to be seen.</summary>
    public static readonly Duration Lifetime = Duration.FromSeconds(2);

    private readonly ConcurrentDictionary<string, (SubscriptionSet Set, Instant Read)> _kept = new(StringComparer.Ordinal);

    internal async ValueTask<SubscriptionSet> OfAsync(string tenant, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        if (_kept.TryGetValue(tenant, out var kept) && kept.Read <= now && now - kept.Read < Lifetime) return kept.Set;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<(Guid Subscription, Guid Endpoint, bool Ordered, bool Rests, string Filter)>(new CommandDefinition(
            """
            select s.subscription, s.endpoint, e.ordered, e.status <> 'enabled', s.filter::text from webhook_subscription s join webhook_endpoint e on e.tenant = s.tenant and e.endpoint = s.endpoint
            where s.tenant = @tenant and s.enabled order by s.subscription
            """,
            new { tenant }, cancellationToken: cancellation));
        var all = rows.Select(r => (r.Rests, One: new Subscription(r.Subscription, r.Endpoint, r.Ordered, JsonSerializer.Deserialize<EventFilter>(r.Filter, HeldarJson.Options)!))).ToList();
        var zones = all.Any(s => s.One.Filter.Schedule is not null)
            ? (await connection.QueryAsync<(string Site, string Zone)>(new CommandDefinition("select site, time_zone from site where tenant = @tenant", new { tenant }, cancellationToken: cancellation)))
                .ToDictionary(s => s.Site, s => DateTimeZoneProviders.Tzdb.GetZoneOrNull(s.Zone) ?? DateTimeZone.Utc, StringComparer.Ordinal)
            : [];
        if (_kept.Count > MaxTenants) _kept.Clear();
        var set = new SubscriptionSet([.. all.Where(s => !s.Rests).Select(s => s.One)], [.. all.Where(s => s.Rests).Select(s => s.One)], zones);
        _kept[tenant] = (set, now);
        return set;
    }
}
