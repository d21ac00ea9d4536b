using System.Security.Cryptography;
using System.Text.Json;
using Heldar.Contracts;
using Microsoft.Win32.SafeHandles;
using NodaTime;

namespace Heldar.Edge.Seals;

/// <summary>The newest record of a seal log.</summary>
/// <param name="Seq">Its number.</param>
/// <param name="Hour">The file that it is in.</param>
/// <param name="Hash">SHA-256 of its line, lower-case hex.</param>
internal sealed record SealHead(long Seq, string Hour, string Hash);

/// <summary>
/// Appends to the seal log of one volume: one JSON line per record, one file per hour and a next one where that is full, each line chained to the one before by its SHA-256. Used by
/// one thread at a time (the volume's writer). A line that a crash tore off is moved aside when the log is opened, never dropped.
/// </summary>
internal sealed class SealLog : IDisposable
{
    public const int MaxLine = 4 << 20;

    /// <summary>
    /// A file gets no longer than this, whatever the clock does: one that was years ahead for a minute leaves its newest file there, and everything is sealed in that hour
    /// until then. An hour of 48 cameras is one file.
    /// </summary>
    public const long MaxFile = 64 << 20;
    private static readonly string Zeros = new('0', 64);

    private readonly string _root;
    private readonly IClock _clock;
    private readonly long _maxFile;
    private string? _hour;
    private SafeFileHandle? _file;
    private string? _headHour;
    private long _length;
    private long _seq;
    private string _prev = Zeros;
    private bool _dirty;

    private SealLog(string root, IClock clock, long maxFile) => (_root, _clock, _maxFile) = (root, clock, maxFile);

    /// <summary>The file that is being written, by its name; null before the first record ever.</summary>
    public string? Hour => _hour;

    /// <summary>The newest record; null before the first one ever.</summary>
    public SealHead? Head => _seq > 0 && _headHour is { } hour ? new SealHead(_seq, hour, _prev) : null;

    /// <summary>Where a torn line was moved to when the log was opened.</summary>
    public string? TornFile { get; private set; }

    /// <summary>Opens the log behind its last whole line.</summary>
    /// <param name="root">Root of the volume.</param>
    /// <param name="clock">The box's clock.</param>
    /// <param name="maxFile">Length that no file exceeds.</param>
    public static SealLog Open(string root, IClock clock, long maxFile = MaxFile)
    {
        var log = new SealLog(root, clock, maxFile);
        var hours = SealFiles.Hours(root);
        for (var i = hours.Count - 1; i >= 0 && log._seq == 0; i--) log.Resume(hours[i], isLast: i == hours.Count - 1);
        return log;
    }

    /// <summary>Appends a record; sequence, chain and time are filled in. Durable after the next <see cref="Flush"/> or sync of the file system.</summary>
    /// <exception cref="IOException">The volume failed; the record is not in the log.</exception>
    public void Append(SealRecord record)
    {
        var now = _clock.GetCurrentInstant();
        var line = JsonSerializer.SerializeToUtf8Bytes(record with { Seq = _seq + 1, Prev = _prev, At = now }, HeldarJson.Options);
        if (line.Length > MaxLine) throw new ArgumentException($"a seal of {line.Length} bytes is too long", nameof(record));
        Roll(SealFiles.HourOf(now), line.Length + 1);
        var whole = new byte[line.Length + 1];
        line.CopyTo(whole, 0);
        whole[^1] = (byte)'\n';
        try
        {
            RandomAccess.Write(_file!, whole, _length);
        }
        catch (IOException)
        {
            CutTorn();
            throw;
        }

        _length += whole.Length;
        _prev = Hash(line);
        _seq++;
        _headHour = _hour;
        _dirty = true;
    }

    /// <summary>Waits until everything appended would survive a power cut.</summary>
    public void Flush()
    {
        if (!_dirty || _file is null) return;
        RandomAccess.FlushToDisk(_file);
        _dirty = false;
    }

    public void Dispose() => _file?.Dispose();

    internal static string Hash(ReadOnlySpan<byte> line) => Convert.ToHexStringLower(SHA256.HashData(line));

    /// <summary>A disk that became full took a part of the line: it must not stand before the next one. Never throws.</summary>
    private void CutTorn()
    {
        try
        {
            RandomAccess.SetLength(_file!, _length);
        }
        catch (IOException)
        {
            // The volume is gone; opening the log moves the torn line aside.
        }
    }

    /// <summary>A clock that was set back does not open an older file: the order of files is the order of the chain.</summary>
    private void Roll(string hour, int bytes)
    {
        var name = _hour is null || string.CompareOrdinal(hour, SealFiles.HourOf(_hour)) > 0 ? hour : _hour;
        if (_file is null || name != _hour) Go(name);
        if (_length > 0 && _length + bytes > _maxFile && SealFiles.After(name) is var next && next != name) Go(next);
    }

    private void Go(string name)
    {
        Flush();
        _file?.Dispose();
        _file = null;
        var path = SealFiles.PathOf(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (SpecialFile.Is(path)) throw new IOException($"{path} is no file: it stands where the seal log must go on. Remove it");
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        _length = RandomAccess.GetLength(_file);
        _hour = name;
    }

    private void Resume(string hour, bool isLast)
    {
        var path = SealFiles.PathOf(_root, hour);
        var (end, last) = SealReader.LastWholeLine(path);
        var length = new FileInfo(path).Length;
        if (isLast)
        {
            _hour = hour;
            if (length > end) MoveTornAside(path, end, length);
        }

        if (last is null) return;
        _seq = last.Value.Seq;
        _prev = last.Value.Hash;
        _headHour = hour;
    }

    private void MoveTornAside(string path, long end, long length)
    {
        TornFile = $"{path}.torn-{_clock.GetCurrentInstant().ToUnixTimeMilliseconds()}";
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        using (var torn = File.OpenHandle(TornFile, FileMode.CreateNew, FileAccess.Write))
        {
            var buffer = new byte[64 * 1024];
            for (var at = end; at < length;)
            {
                var read = RandomAccess.Read(file, buffer, at);
                if (read == 0) break;
                RandomAccess.Write(torn, buffer.AsSpan(0, read), at - end);
                at += read;
            }

            RandomAccess.FlushToDisk(torn);
        }

        RandomAccess.SetLength(file, end);
        RandomAccess.FlushToDisk(file);
    }
}
