using Heldar.Edge.Storage;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.PreRoll;

/// <summary>All rings of the box under one budget. Thread-safe.</summary>
internal sealed class PreRollStore(PreRollOptions options, VolumeSet volumes, MediaBlockPool blocks, TimeProvider time)
{
    private const int Batch = 64;
    private readonly Lock _gate = new();
    private readonly List<PreRollRing> _rings = [];
    private readonly PreRollMemory _memory = new(options.BudgetBytes);
    private volatile string? _problem;

    /// <summary>Bytes of memory that rings hold.</summary>
    public long MemoryBytes => _memory.Used;

    /// <summary>Why rings cannot be spilled, or null while they can, or need not.</summary>
    public string? Problem => _problem;

    /// <summary>Rings exist.</summary>
    public bool Any
    {
        get
        {
            lock (_gate) return _rings.Count > 0;
        }
    }

    /// <summary>Told when the first ring is opened.</summary>
    public Action? Opened { get; set; }

    /// <summary>A new ring; disposing it gives its memory back.</summary>
    public PreRollRing Open(string name, Duration preRoll)
    {
        var slots = (int)(options.MaxSpillBytes / PreRollMemory.ChunkBytes);
        var ring = new PreRollRing(name, preRoll, _memory, new PreRollSpill(volumes, slots), time, Forget);
        lock (_gate) _rings.Add(ring);
        Opened?.Invoke();
        return ring;
    }

    /// <summary>For reading rings.</summary>
    public UnitCopier Copier() => new(blocks);

    /// <summary>Removes what an earlier process left.</summary>
    public void CleanUp() => PreRollSpill.CleanUp(volumes);

    /// <summary>
    /// Lets rings forget what is old, spills what is above a ring's share, and the largest ones while memory is high; blocks for the disk. True when more is to be done at once.
    /// </summary>
    public bool Step()
    {
        PreRollRing[] rings;
        lock (_gate) rings = [.. _rings];
        foreach (var ring in rings) ring.Tick();
        try
        {
            var above = SpillAboveShares(rings);
            for (var i = 0; i < Batch && _memory.IsHigh; i++)
            {
                // The largest first; another one where that has nothing to spill, or a file as large as it may become.
                if (!rings.OrderByDescending(r => r.MemoryBytes).Any(r => r.SpillOne())) return above;
            }

            _problem = null;
            return _memory.IsHigh || above;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Below the budget nothing is lost by it: what should be on disk stays in memory.
            _problem = _memory.IsHigh ? e.Message : null;
            return false;
        }
    }

    /// <summary>True when a ring may still be above its share, and its file takes more.</summary>
    private static bool SpillAboveShares(PreRollRing[] rings)
    {
        var more = false;
        foreach (var ring in rings)
        {
            var left = Batch;
            while (left > 0 && ring.IsAboveShare && ring.SpillOne()) left--;
            more |= left == 0;
        }

        return more;
    }

    private void Forget(PreRollRing ring)
    {
        lock (_gate) _rings.Remove(ring);
    }
}

/// <summary>Bounds of the pre-roll. Immutable.</summary>
internal sealed record PreRollOptions
{
    /// <summary>
    /// Memory of all rings together. Default 512 MiB, 1 MiB to 64 GiB; beyond it, the oldest media goes to disk. An eighth of it, at most 64 MiB, is for what a recorder waits for.
    /// </summary>
    public long BudgetBytes { get; init; } = 512L << 20;

    /// <summary>Largest spill file of one camera. Default 1 GiB; beyond it, its pre-roll is shorter.</summary>
    public long MaxSpillBytes { get; init; } = 1L << 30;
}
