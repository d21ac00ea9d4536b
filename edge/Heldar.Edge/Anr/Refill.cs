using Heldar.Edge.Cameras;
using Heldar.Media.Codecs;
using Heldar.Media.Ingest;
using Heldar.Media.Replay;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Anr;

/// <summary>What to take back in one replay.</summary>
/// <param name="Source">The camera's storage.</param>
/// <param name="Piece">The hole, by the box's clock.</param>
/// <param name="Before">Pictures that the box has directly before it, in decode order; none when there is no footage.</param>
/// <param name="After">Pictures directly behind it.</param>
/// <param name="Offset">The camera's clock minus the footage's, as far as clocks tell.</param>
internal sealed record RefillPlan(StreamSource Source, Stretch Piece, IReadOnlyList<DatedPicture> Before, IReadOnlyList<DatedPicture> After, Duration Offset);

/// <summary>What came of it.</summary>
/// <param name="Taken">What is safely on disk.</param>
/// <param name="Frames">Pictures written.</param>
/// <param name="Failure">Why the camera gave nothing or stopped; null when it gave what it has.</param>
/// <param name="Error">The same for people.</param>
internal sealed record RefillResult(IReadOnlyList<Stretch> Taken, long Frames, StreamFailure? Failure, string? Error);

/// <summary>
/// One replay into one hole. Pictures that the box has on either side are found again in the replay by their content: so the replay is cut exactly at the edges, and dated by
/// the box's clock even where the camera's is wrong. Where nothing is found (a camera that stores other pictures than it sends), clocks decide, and it begins at a keyframe.
/// Used once.
/// </summary>
internal sealed class Refill(RefillPlan plan, ReplayClient client, RefillWriter writer)
{
    /// <summary>Asked for before the hole: the end of the footage there must be seen, and a camera may begin at the keyframe before or behind.</summary>
    private static readonly Duration Lead = Duration.FromSeconds(5);

    /// <summary>Looked at on either side of an edge.</summary>
    private static readonly Duration Margin = Duration.FromSeconds(2);
    private static readonly Duration UsualInterval = Duration.FromMilliseconds(40);
    private const long MostHeldBytes = 64L << 20;

    private readonly List<ReplayUnit> _held = [];
    private long _heldBytes;
    private Duration _apart = -plan.Offset;
    private Duration _interval = UsualInterval;
    private bool _started;
    private bool _ending;
    private bool _awaitsKey;
    private bool _joins;
    private Instant? _end;

    /// <summary>Replays and writes until the camera has no more, the hole is full, or something fails. What came until then stays.</summary>
    public async Task<RefillResult> RunAsync(CancellationToken cancellation)
    {
        StreamFailure? failure = null;
        string? error = null;
        try
        {
            var range = new ReplayRequest(plan.Source, plan.Piece.Start + plan.Offset - Lead, plan.Piece.End + plan.Offset + Margin);
            await using var replay = await client.OpenAsync(range, cancellation);
            await foreach (var unit in replay.ReadAsync(cancellation)) await TakeAsync(unit, cancellation);
            await EndAsync(cancellation);
            (failure, error) = replay.End switch
            {
                ReplayEnd.Closed => (StreamFailure.Closed, "the camera closed the connection"),
                ReplayEnd.Silent => (StreamFailure.NoMedia, "the camera fell silent"),
                ReplayEnd.Limit => (StreamFailure.Protocol, "the replay was longer than allowed"),
                _ => ((StreamFailure?)null, (string?)null),
            };
        }
        catch (ReplayException e)
        {
            (failure, error) = (e.Failure, e.Message);
        }
        catch (RefillStoppedException e)
        {
            (failure, error) = (StreamFailure.None, e.Message);
        }
        finally
        {
            LetGo();
        }

        return new RefillResult(await writer.CompleteAsync(_end, cancellation), writer.Frames, failure, error);
    }

    private static Duration Abs(Duration duration) => duration < Duration.Zero ? -duration : duration;

    private async ValueTask TakeAsync(ReplayUnit unit, CancellationToken cancellation)
    {
        if (!_started)
        {
            Hold(unit);
            if (unit.Track != TrackKind.Video || unit.Time + _apart < plan.Piece.Start + Margin && _heldBytes < MostHeldBytes) return;
            await StartAsync(cancellation);
        }
        else if (_ending || (unit.Track == TrackKind.Video && unit.Time + _apart >= plan.Piece.End - Margin))
        {
            _ending = true;
            Hold(unit);
            // So much is no edge any more: what it holds is cut by its times.
            if (_heldBytes >= MostHeldBytes) await FinishAsync(cancellation);
        }
        else
        {
            await PutAsync(unit, cancellation);
        }
    }

    /// <summary>The pictures around the beginning are here: finds where the hole begins.</summary>
    private async ValueTask StartAsync(CancellationToken cancellation)
    {
        _started = true;
        var (digests, places) = Digests();
        MeasureInterval(digests);
        var first = -1;
        if (Alignment.Find(plan.Before, digests, _apart) is { } apart)
        {
            _apart = apart;
            first = Alignment.IndexOf(plan.Before[^1], digests, apart) + 1;
        }

        _joins = first > 0;
        _awaitsKey = !_joins;
        if (first <= 0) first = digests.FindIndex(d => d.Time + _apart >= plan.Piece.Start - (_interval / 2));
        var begin = first >= 0 && first < places.Count ? places[first] : int.MaxValue;
        // What is left over at the end of a short hole is looked at again from the other side.
        await EachAsync((unit, place) => place < begin ? ValueTask.CompletedTask : TakeAsync(unit, cancellation));
    }

    private async ValueTask EndAsync(CancellationToken cancellation)
    {
        if (!_started) await StartAsync(cancellation);
        await FinishAsync(cancellation);
    }

    /// <summary>The pictures around the end are here: finds where the hole ends.</summary>
    private async ValueTask FinishAsync(CancellationToken cancellation)
    {
        var (digests, places) = Digests();
        var last = -1;
        if (plan.After.Count > 0 && Alignment.Find(plan.After, digests, _apart) is { } apart) last = Alignment.IndexOf(plan.After[0], digests, apart);
        var found = last >= 0;
        if (!found) last = digests.FindIndex(d => d.Time + _apart >= plan.Piece.End - (_interval / 2));
        var end = last < 0 ? int.MaxValue : places[last];
        if (last >= 0 && _held[end].Follows && (found || Abs(_held[end].Time + _apart - plan.Piece.End) < _interval * 2)) _end = plan.Piece.End;
        await EachAsync((unit, place) => place < end || unit.Track == TrackKind.Audio ? PutAsync(unit, cancellation) : ValueTask.CompletedTask);
        // More of the same replay lies behind the hole.
        if (last >= 0) _awaitsKey = true;
    }

    private async ValueTask PutAsync(ReplayUnit unit, CancellationToken cancellation)
    {
        if (unit.Track == TrackKind.Audio)
        {
            var sounds = unit.Time + _apart;
            if (sounds >= plan.Piece.Start && sounds < plan.Piece.End) writer.AddSound(unit, sounds);
            return;
        }

        if (!unit.Follows) _awaitsKey = true;
        if (_awaitsKey && !unit.IsKeyframe) return;
        var time = unit.Time + _apart;
        if (time >= plan.Piece.End + Margin) return;
        unit = unit with { Follows = !_awaitsKey };
        // The first picture behind the box's last begins where that one ends.
        if (_joins && Abs(time - plan.Piece.Start) < _interval) time = plan.Piece.Start;
        (_awaitsKey, _joins) = (false, false);
        await writer.AddAsync(unit, Instant.Min(Instant.Max(time, plan.Piece.Start), plan.Piece.End - Duration.FromMilliseconds(1)), cancellation);
    }

    private void MeasureInterval(List<DatedPicture> pictures)
    {
        var apart = pictures.Zip(pictures.Skip(1)).Select(p => p.Second.Time - p.First.Time).Where(d => d > Duration.Zero).Order().ToList();
        if (apart.Count > 0) _interval = apart[apart.Count / 2];
    }

    /// <summary>The pictures that are held, and the place of each among all that is held.</summary>
    private (List<DatedPicture> Pictures, List<int> Places) Digests()
    {
        var places = Enumerable.Range(0, _held.Count).Where(i => _held[i].Track == TrackKind.Video).ToList();
        return (places.ConvertAll(i => new DatedPicture(_held[i].Time, PictureDigest.Of(_held[i].Format.Video.Codec, _held[i].Span))), places);
    }

    /// <summary>Takes everything that is held, and gives it back when it was used.</summary>
    private async ValueTask EachAsync(Func<ReplayUnit, int, ValueTask> use)
    {
        List<ReplayUnit> units = [.. _held];
        _held.Clear();
        _heldBytes = 0;
        var used = 0;
        try
        {
            for (; used < units.Count; used++)
            {
                await use(units[used], used);
                units[used].Block.Release();
            }
        }
        finally
        {
            foreach (var unit in units.Skip(used)) unit.Block.Release();
        }
    }

    private void Hold(ReplayUnit unit)
    {
        unit.Block.Retain();
        _held.Add(unit);
        _heldBytes += unit.Length;
    }

    private void LetGo()
    {
        foreach (var unit in _held) unit.Block.Release();
        _held.Clear();
    }
}
