using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Heldar.Edge.Seals;

/// <summary>
/// The lines of one seal file, one after the other, without a copy of each. Made for hostile files: a line beyond <see cref="SealLog.MaxLine"/> is passed over as an empty
/// one. One caller at a time.
/// </summary>
internal sealed class SealLines : IDisposable
{
    private readonly SafeFileHandle _file;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
    private (int Start, int Length) _line;
    private int _start;
    private int _end;
    private long _read;

    private SealLines(SafeFileHandle file) => _file = file;

    /// <summary>The line, without its line feed; until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Line => _buffer.AsSpan(_line.Start, _line.Length);

    /// <summary>It has its line feed; false for the last one of a file that a crash cut.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Where the next line begins in the file.</summary>
    public long Next => _read - (_end - _start);

    /// <summary>Null when the file is not there, or is none.</summary>
    public static SealLines? TryOpen(string path)
    {
        if (SpecialFile.Is(path)) return null;
        try
        {
            return new SealLines(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Goes to the next line; false behind the last one.</summary>
    public bool Read()
    {
        var (seen, tooLong) = (0, false);
        while (true)
        {
            var feed = _buffer.AsSpan(_start + seen, _end - _start - seen).IndexOf((byte)'\n');
            if (feed >= 0) return Take(seen + feed, 1, tooLong);
            seen = _end - _start;
            if (seen > SealLog.MaxLine) (_start, seen, tooLong) = (_end, 0, true);
            if (Fill()) continue;
            return (seen > 0 || tooLong) && Take(seen, 0, tooLong);
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private bool Take(int length, int feed, bool tooLong)
    {
        (_line, IsWhole) = ((_start, tooLong ? 0 : length), feed > 0);
        _start += length + feed;
        return true;
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length) Grow();
        var read = RandomAccess.Read(_file, _buffer.AsSpan(_end), _read);
        (_end, _read) = (_end + read, _read + read);
        return read > 0;
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
