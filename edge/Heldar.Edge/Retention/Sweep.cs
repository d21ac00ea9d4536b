using Heldar.Edge.Indexer;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>Why retention cannot do what the limits ask for.</summary>
/// <param name="Code">clock, quota_held, cap_held, floor_held, floor_stuck, floor_absurd, never_archived, nothing_archived, or volumes_away in a dry run.</param>
/// <param name="Subject">Camera uid or folder of a volume; empty for the box.</param>
/// <param name="Text">For people.</param>
internal sealed record RetentionAlert(string Code, string Subject, string Text);

/// <summary>Free and total bytes of a volume's file system.</summary>
internal delegate (long Free, long Total) SpaceProbe(Volume volume);

/// <summary>
/// One pass of the rules, in their order: age, quota of a camera, cap by fair share, floor of each disk. Reads the kept counters once and counts on from
/// there; what lies on a volume that is away, or on the mirror alone, neither counts nor is looked at. What is taken is the taker's matter, so a dry run is the same pass with another taker.
/// </summary>
internal sealed class Sweep(
    IStoreReader reader, VolumeSet volumes, SpaceProbe space, RetentionPolicy policy, ICandidateTaker taker, Instant now, bool dry)
{
    private const int Batch = 20;
    private const int MaxBatch = 256;
    private const int MaxFloorBatches = 200;

    /// <summary>What one sweep deletes by age, quota and cap at most: in between the floor of every disk gets its turn.</summary>
    private const int MaxPerSweep = 5000;
    private readonly Dictionary<(Guid Camera, Guid Volume), Kept> _kept = [];
    private readonly Dictionary<Guid, CandidateScope> _byCamera = [];
    private readonly Dictionary<(Guid Camera, Guid? Volume), CandidateScope> _unarchived = [];

    public List<RetentionAlert> Alerts { get; } = [];

    public long Segments { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>It ended at its bound; another sweep has more to do at once.</summary>
    public bool IsCut { get; private set; }

    /// <summary>All four rules.</summary>
    /// <param name="clockIsTrusted">Whether age may delete.</param>
    /// <param name="cancellation">Ends between batches.</param>
    public async Task RunAsync(bool clockIsTrusted, CancellationToken cancellation)
    {
        await LoadAsync(cancellation);
        if (clockIsTrusted) await AgeAsync(cancellation);
        await QuotaAsync(cancellation);
        await CapAsync(cancellation);
        foreach (var volume in volumes.All) await FloorAsync(volume, cancellation);
    }

    /// <summary>The floor alone: what a full disk needs at once.</summary>
    public async Task RunFloorAsync(CancellationToken cancellation)
    {
        await LoadAsync(cancellation);
        foreach (var volume in volumes.All) await FloorAsync(volume, cancellation);
    }

    private async Task LoadAsync(CancellationToken cancellation)
    {
        var there = volumes.All.Select(v => v.Id).ToHashSet();
        var (segments, bytes) = (0L, 0L);
        foreach (var kept in await reader.ReadAsync(RetentionRows.Totals, cancellation))
        {
            if (there.Contains(kept.Volume)) _kept[(kept.Camera, kept.Volume)] = kept;
            else (segments, bytes) = (segments + kept.Segments, bytes + kept.Bytes);
        }

        if (policy.ArchiveFirst && !await reader.ReadAsync(RetentionRows.AnyArchived, cancellation))
            Alerts.Add(new("nothing_archived", "", "retention.archiveFirst is on, and no archive has confirmed anything yet: age and quota delete nothing, only the cap and the floor do, as never_archived"));
        if (dry && segments > 0) Alerts.Add(new("volumes_away", "", $"{segments} segments of {bytes} bytes lie on volumes that are not there: no rule counts or deletes them"));
    }

    private IEnumerable<Guid> Cameras => _kept.Keys.Select(k => k.Camera).Distinct().Order();

    private async Task AgeAsync(CancellationToken cancellation)
    {
        foreach (var camera in Cameras.ToList())
        {
            if (policy.AgeOf(camera) is not { } age) continue;
            // The scope of later rules starts anew: this one passes over what is too young only in part.
            var scope = new CandidateScope(camera, There(camera), policy.ArchiveFirst);
            while (MayGoOn() && await TakeAsync(scope, now - age, MaxBatch, "age", long.MaxValue, cancellation) is { More: true })
            {
            }
        }
    }

    private async Task QuotaAsync(CancellationToken cancellation)
    {
        foreach (var camera in Cameras.ToList())
        {
            if (policy.QuotaOf(camera) is not { } quota) continue;
            if (Of(camera).Sum(k => k.HeldBytes) is var held && held >= quota)
            {
                Alerts.Add(new("quota_held", camera.ToString("D"), $"footage that is held takes {held} of {quota} bytes: nothing is deleted for the quota"));
                continue;
            }

            while (MayGoOn() && Of(camera).Sum(k => k.Bytes) - quota is > 0 and var over && await TakeAsync(Scope(camera), null, Batch, "quota", over, cancellation) is { More: true })
            {
            }
        }
    }

    private async Task CapAsync(CancellationToken cancellation)
    {
        if (policy.MaxBytes is not { } cap) return;
        if (_kept.Values.Sum(k => k.HeldBytes) is var held && held >= cap)
        {
            Alerts.Add(new("cap_held", "", $"footage that is held takes {held} of {cap} bytes: nothing is deleted for the cap"));
            return;
        }

        HashSet<Guid> exhausted = [];
        while (MayGoOn() && _kept.Values.Sum(k => k.Bytes) - cap is > 0 and var over)
        {
            if (await PayerAsync(cap, _kept.Values, exhausted, _byCamera, cancellation) is not { } payer) return;
            if (Of(payer).Sum(k => k.FreeBytes) == 0)
            {
                // Others do not pay for one camera's evidence.
                Alerts.Add(new("cap_held", payer.ToString("D"), "the camera furthest over its share is all held: nothing more is deleted for the cap"));
                return;
            }

            var taken = await TakeAsync(Scope(payer), null, Batch, "cap", over, cancellation);
            if (taken is { More: false, Taken: 0 }) taken = await TakeUnarchivedAsync(payer, null, over, cancellation);
            if (taken is { More: false, Taken: 0 }) exhausted.Add(payer);
        }
    }

    private async Task FloorAsync(Volume volume, CancellationToken cancellation)
    {
        if (TrySpace(volume) is not { } disk) return;
        var floor = policy.FloorOf(disk.Total);
        if (policy.MinFreeBytes >= disk.Total) Alerts.Add(new("floor_absurd", volume.Root, $"minFreeBytes {policy.MinFreeBytes} is not below the disk's {disk.Total} bytes: it is not kept"));
        Dictionary<Guid, CandidateScope> scopes = [];
        HashSet<Guid> exhausted = [];
        var free = disk.Free;
        for (var round = 0; round < MaxFloorBatches && free < floor; round++)
        {
            var here = _kept.Values.Where(k => k.Volume == volume.Id).ToList();
            if (await PayerAsync(here.Sum(k => k.Bytes), here.Where(k => k.FreeBytes > 0), exhausted, scopes, cancellation) is not { } payer)
            {
                Alerts.Add(new("floor_held", volume.Root, here.Sum(k => k.HeldBytes) > 0
                    ? $"{free} bytes are free where {floor} shall be, and what is left is held or being read"
                    : $"{free} bytes are free where {floor} shall be, and no footage is left to delete"));
                return;
            }

            if (!scopes.TryGetValue(payer, out var scope)) scopes[payer] = scope = new CandidateScope(payer, [volume.Id], policy.ArchiveFirst);
            var average = Math.Max(1, here.Sum(k => k.Bytes) / Math.Max(1, here.Sum(k => k.Segments)));
            var batch = (int)Math.Clamp((floor - free) / average, Batch, MaxBatch);
            var taken = await TakeAsync(scope, null, batch, "floor", floor - free, cancellation);
            if (taken is { More: false, Taken: 0 }) taken = await TakeUnarchivedAsync(payer, volume.Id, floor - free, cancellation);
            if (taken.Taken == 0)
            {
                if (!taken.More) exhausted.Add(payer);
                continue;
            }

            var after = dry ? free + taken.Bytes : TrySpace(volume)?.Free ?? free;
            if (after <= free)
            {
                Alerts.Add(new("floor_stuck", volume.Root, $"deleting footage frees no space: {free} bytes are free where {floor} shall be"));
                return;
            }

            free = after;
        }
    }

    /// <summary>Who pays next by fair share; of several whoever has the oldest footage that nothing holds. Null when nobody can.</summary>
    private async Task<Guid?> PayerAsync(long budget, IEnumerable<Kept> of, HashSet<Guid> exhausted, Dictionary<Guid, CandidateScope> passed, CancellationToken cancellation)
    {
        var kept = of.ToList();
        var payers = FairShare.Payers(policy, budget, Sums(kept), exhausted);
        if (payers.Count < 2) return payers.Count == 0 ? null : payers[0];
        return await reader.ReadAsync(db => payers.MinBy(p => RetentionRows.Oldest(db, From(p), null, 1) is [var first] ? first.Start : Instant.MaxValue), cancellation);

        // Behind what this sweep took already, also where it only looks.
        CandidateScope From(Guid camera)
        {
            var scope = new CandidateScope(camera, [.. kept.Where(k => k.Camera == camera).Select(k => k.Volume)]);
            if (passed.TryGetValue(camera, out var known)) (scope.AfterStart, scope.AfterId) = (known.AfterStart, known.AfterId);
            return scope;
        }
    }

    /// <summary>Takes the oldest of a scope until <paramref name="wanted"/> bytes are reached. More: there may be others behind.</summary>
    private async Task<(int Taken, long Bytes, bool More)> TakeAsync(CandidateScope scope, Instant? endedBefore, int limit, string reason, long wanted, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var found = await reader.ReadAsync(db => RetentionRows.Oldest(db, scope, endedBefore, limit), cancellation);
        var some = new List<Candidate>(found.Count);
        var sum = 0L;
        foreach (var segment in found)
        {
            if (sum >= wanted) break;
            some.Add(segment);
            sum += segment.Bytes;
        }

        if (some.Count < found.Count) (scope.AfterStart, scope.AfterId) = (SegmentIndex.Ns(some[^1].Start), SegmentIndex.Text(some[^1].Id));
        if (some.Count == 0) return (0, 0, false);
        var gone = await taker.TakeAsync(some, reason, cancellation);
        foreach (var segment in gone) Count(segment);
        return (gone.Count, gone.Sum(s => s.Bytes), true);
    }

    private void Count(Candidate gone)
    {
        Segments++;
        Bytes += gone.Bytes;
        if (_kept.TryGetValue((gone.Camera, gone.Volume), out var kept)) _kept[(gone.Camera, gone.Volume)] = kept with { Segments = kept.Segments - 1, Bytes = kept.Bytes - gone.Bytes };
    }

    /// <summary>What the archive still wants, when space is short and it has all else.</summary>
    private async Task<(int Taken, long Bytes, bool More)> TakeUnarchivedAsync(Guid camera, Guid? volume, long wanted, CancellationToken cancellation)
    {
        if (!policy.ArchiveFirst) return default;
        if (!_unarchived.TryGetValue((camera, volume), out var scope)) _unarchived[(camera, volume)] = scope = new CandidateScope(camera, volume is { } one ? [one] : There(camera));
        var taken = await TakeAsync(scope, null, Batch, "never_archived", wanted, cancellation);
        if (taken.Taken > 0 && !Alerts.Exists(a => a.Code == "never_archived" && a.Subject == camera.ToString("D")))
            Alerts.Add(new("never_archived", camera.ToString("D"), "space is short: footage is deleted that the archive never got"));
        return taken;
    }

    private bool MayGoOn() => !(IsCut = !dry && Segments >= MaxPerSweep);

    private List<Guid> There(Guid camera) => [.. _kept.Keys.Where(k => k.Camera == camera).Select(k => k.Volume)];

    private IEnumerable<Kept> Of(Guid camera) => _kept.Values.Where(k => k.Camera == camera);

    private CandidateScope Scope(Guid camera)
    {
        if (!_byCamera.TryGetValue(camera, out var scope)) _byCamera[camera] = scope = new CandidateScope(camera, There(camera), policy.ArchiveFirst);
        return scope;
    }

    private static List<(Guid Camera, long Bytes)> Sums(IEnumerable<Kept> kept) => [.. kept.GroupBy(k => k.Camera).Select(g => (g.Key, g.Sum(k => k.Bytes)))];

    private (long Free, long Total)? TrySpace(Volume volume)
    {
        try
        {
            return space(volume) is { Total: > 0 } known ? known : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
