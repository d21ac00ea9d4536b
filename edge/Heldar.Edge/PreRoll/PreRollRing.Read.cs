using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.PreRoll;

/// <summary>Reading: one reader at a time, which may wait for the disk; and spilling, on the store's thread.</summary>
internal sealed partial class PreRollRing
{
    /// <summary>From now on everything is kept for the reader, who begins with the keyframe at or before a moment, as far as the ring reaches.</summary>
    public void StartAt(Instant from)
    {
        lock (_gate)
        {
            var line = from < Instant.FromUnixTimeSeconds(0) ? long.MinValue : from.ToUnixTimeTicks() + _shift;
            while (_keys.Count > 0)
            {
                var next = _keys.Count > 1 ? _keys[1] : _entries.End;
                if (_keys.Count > 1 ? _entries[next].Line > line && !IsStale(next, line) : !IsStale(next, line)) break;
                DropTo(next);
            }

            if (_keys.Count == 0) Reset();
            (_reading, _untold) = (true, _run is not null);
        }
    }

    /// <summary>
    /// The oldest entry, without taking it: the run or format that the rest belongs to, an event, or a unit in a block of its own reference. Null when the reader has
    /// caught up. A unit that the disk does not give back is told as damage; then what follows is left out up to the next keyframe.
    /// </summary>
    public RingItem? Peek(UnitCopier copier)
    {
        RingEntry entry;
        long position;
        lock (_gate)
        {
            if (_untold && _run is { } run) return new RingItem(run, default) { Format = _format };
            if (_entries.Count == 0) return null;
            entry = _entries[_entries.First];
            position = _log.Start;
        }

        if (entry.Event is { } what) return new RingItem(what, default);
        if (copier.Rent(entry.Length) is not { } unit) return RingItem.Later;
        try
        {
            Copy(position, unit.Block.Bytes.AsSpan(unit.Offset, entry.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            lock (_gate) SkipGroup();
            return new RingItem(new RingDamage(0), default) { IsTaken = true };
        }

        copier.Used(entry.Length);
        var track = entry.Kind == RingKind.Audio ? TrackKind.Audio : TrackKind.Video;
        return new RingItem(null, new AccessUnit(track, entry.Timestamp, Instant.FromUnixTimeTicks(entry.Time), entry.Kind != RingKind.Video, unit.Block, unit.Offset, entry.Length));
    }

    /// <summary>Takes what <see cref="Peek"/> showed.</summary>
    public void Take(in RingItem item)
    {
        if (item.IsTaken) return;
        lock (_gate)
        {
            if (_untold) _untold = false;
            else RemoveFirst();
        }
    }

    /// <summary>The reader has stopped: what is left is pre-roll again.</summary>
    public void StopReading()
    {
        lock (_gate)
        {
            (_reading, _untold) = (false, false);
            if (_keys.Count == 0 || _entries.First != _keys[0]) DropTo(_keys.Count == 0 ? _entries.End : _keys[0]);
        }
    }

    /// <summary>Writes the oldest whole chunk in memory to the spill file; false when there is none or it cannot be.</summary>
    /// <exception cref="IOException">The disk failed or is full; nothing changed.</exception>
    public bool SpillOne()
    {
        (long Index, byte[] Memory) chunk;
        lock (_gate)
        {
            if (_log.BeginSpill() is not { } begun) return false;
            chunk = begun;
        }

        var slot = -1;
        try
        {
            slot = _spill.Write(chunk.Memory);
        }
        catch (ObjectDisposedException)
        {
            // The ring was closed meanwhile.
        }
        finally
        {
            lock (_gate) _log.EndSpill(chunk.Index, chunk.Memory, slot);
        }

        return slot >= 0;
    }

    /// <summary>The last picture before an entry is older than what is asked for.</summary>
    private bool IsStale(long end, long line)
    {
        for (var i = end - 1; i >= _entries.First; i--)
            if (_entries[i].Kind is RingKind.Video or RingKind.Keyframe) return line != long.MinValue && _entries[i].Line < line - Stale;
        return true;
    }

    private void Copy(long position, Span<byte> target)
    {
        while (target.Length > 0)
        {
            int length, slot;
            lock (_gate) length = _log.Peek(position, target, out slot);
            // Only the reader takes chunks away now, so the slot stays.
            if (slot >= 0) _spill.Read(slot, (int)(position % PreRollMemory.ChunkBytes), target[..length]);
            position += length;
            target = target[length..];
        }
    }

    private void SkipGroup()
    {
        RemoveFirst();
        while (_entries.Count > 0 && _entries[_entries.First].Kind is RingKind.Video or RingKind.Audio) RemoveFirst();
    }
}
