using Heldar.Edge.PreRoll;
using Heldar.Edge.Storage;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Tests.PreRoll;

/// <summary>Rings on a real volume, stepped by the test.</summary>
internal sealed class RingFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public RingFixture(PreRollOptions? options = null)
    {
        Volumes = new VolumeSet([Volume.Open(Root, Instant.FromUtc(2026, 11, 21, 8, 0))]);
        Store = new PreRollStore(options ?? new PreRollOptions(), Volumes, Pool, TimeProvider.System);
    }

    public string Root => _folder.File("recordings");

    public VolumeSet Volumes { get; }

    public PreRollStore Store { get; }

    public MediaBlockPool Pool { get; } = new();

    /// <summary>Spills as long as there is something to spill.</summary>
    public void Step()
    {
        while (Store.Step()) Assert.Null(Store.Problem);
    }

    /// <summary>Everything that a ring gives back: pictures by number, and events.</summary>
    public List<object> Read(PreRollRing ring, Instant from)
    {
        List<object> read = [];
        ring.StartAt(from);
        using var copier = Store.Copier();
        while (ring.Peek(copier) is { } item)
        {
            if (item.Event is { } what)
            {
                read.Add(what);
                if (item.Format is { } format) read.Add(format);
            }
            else
            {
                var number = SyntheticCamera.NumberOf(item.Unit);
                for (var at = 0; at + 4 <= item.Unit.Length; at += 4) Assert.Equal(number, System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(item.Unit.Span[at..]));
                read.Add(number);
            }

            ring.Take(item);
        }

        return read;
    }

    /// <summary>Numbers of a clip's pictures that a ring gives back, each compared with what was sent.</summary>
    public List<int> Numbers(PreRollRing ring, Instant from, EncodedClip clip)
    {
        List<int> read = [];
        ring.StartAt(from);
        using var copier = Store.Copier();
        while (ring.Peek(copier) is { } item)
        {
            if (item.Event is null)
            {
                var number = (int)(item.Unit.Timestamp / EncodedClip.TicksPerFrame);
                Assert.Equal(clip.IsKey(number), item.Unit.IsKeyframe);
                Assert.True(clip.Bytes(number).SequenceEqual(item.Unit.Span), $"picture {number} is another");
                read.Add(number);
            }

            ring.Take(item);
        }

        return read;
    }

    public void Dispose() => _folder.Dispose();
}
