using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>
/// One fragment on its way to a file: its head, and views into retained media blocks. Filled by the recorder, written by the volume's thread, then
/// back in the recorder's pool: no allocation in steady state.
/// </summary>
internal sealed class FragmentJob
{
    private readonly List<ReadOnlyMemory<byte>> _parts = new(32);
    private readonly List<MediaBlock> _blocks = new(8);
    private byte[] _head = new byte[4096];
    private int _headLength;
    private MediaBlock? _lastBlock;
    private int _lastEnd;
    private int _lastPart;
    private int _users;

    /// <summary>Head and media in file order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Parts => _parts;

    public int Bytes { get; private set; }

    public int Frames { get; set; }

    public Instant End { get; set; }

    /// <summary>Decode time in the video clock when decoding can start here; negative otherwise.</summary>
    public long RandomAccessTime { get; set; }

    /// <summary>The camera's clock minus the box's, when known.</summary>
    public long? CameraOffsetMs { get; set; }

    /// <summary>Starts a fragment; the first part is kept free for the head.</summary>
    public void Start()
    {
        _parts.Add(default);
        (Bytes, Frames, RandomAccessTime, _lastBlock, _lastPart) = (0, 0, -1, null, 0);
        _users = 1;
    }

    /// <summary>One more writes it; each gives it back by itself.</summary>
    public void Share() => Interlocked.Increment(ref _users);

    /// <summary>One is done; true for the last.</summary>
    public bool Leave() => Interlocked.Decrement(ref _users) == 0;

    /// <summary>Adds an access unit; neighbours in the same block become one part.</summary>
    public void Add(MediaBlock block, int offset, int length)
    {
        if (ReferenceEquals(block, _lastBlock) && offset == _lastEnd)
        {
            var start = offset - _parts[_lastPart].Length;
            _parts[_lastPart] = block.Bytes.AsMemory(start, _parts[_lastPart].Length + length);
        }
        else
        {
            if (!ReferenceEquals(block, _lastBlock))
            {
                block.Retain();
                _blocks.Add(block);
            }

            _lastPart = _parts.Count;
            _parts.Add(block.Bytes.AsMemory(offset, length));
        }

        (_lastBlock, _lastEnd) = (block, offset + length);
        Bytes += length;
    }

    /// <summary>Puts the head in front; it is copied.</summary>
    public void SetHead(ReadOnlyMemory<byte> head)
    {
        if (head.Length > _head.Length) _head = new byte[head.Length * 2];
        head.CopyTo(_head);
        _headLength = head.Length;
        _parts[0] = _head.AsMemory(0, _headLength);
        Bytes += _headLength;
    }

    /// <summary>Gives the media back.</summary>
    public void Reset()
    {
        foreach (var block in _blocks) block.Release();
        _blocks.Clear();
        _parts.Clear();
        (Bytes, Frames, _lastBlock) = (0, 0, null);
    }
}
