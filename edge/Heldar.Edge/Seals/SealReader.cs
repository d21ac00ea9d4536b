using System.Globalization;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;

namespace Heldar.Edge.Seals;

/// <summary>Something in the log that is not as it was written.</summary>
/// <param name="Hour">Which file, by its name.</param>
/// <param name="Line">From 1.</param>
/// <param name="What">For people.</param>
internal sealed record SealProblem(string Hour, int Line, string What);

/// <summary>One verified line.</summary>
internal sealed record SealEntry(string Hour, SealRecord Record);

/// <summary>
/// Reads the seal log of a volume and verifies its chain. Reads on after a problem: what is whole stays usable, and what was changed is named.
/// Made for hostile files: lines are bounded, and nothing throws for what the bytes say.
/// </summary>
internal sealed class SealReader(string root)
{
    /// <summary>For those who need no <c>fragments</c> lines.</summary>
    public static readonly Func<Guid, bool> NoFragments = _ => false;

    /// <summary>What is said of a line without an end.</summary>
    public const string Torn = "the line is torn";
    private readonly List<SealProblem> _problems = [];

    /// <summary>What was found wrong so far; that the beginning is missing is said at the end.</summary>
    public IReadOnlyList<SealProblem> Problems => _problems;

    /// <summary>Lines that were read so far, of all kinds.</summary>
    public long Lines { get; private set; }

    /// <summary>Reads in the order of the chain.</summary>
    /// <param name="from">First file; null for all. The chain is checked from the second line that is read.</param>
    /// <param name="cancellation">Gives up between lines.</param>
    /// <param name="fragmentsOf">Whose <c>fragments</c> lines are answered: null for everyone's, <see cref="NoFragments"/> for nobody's. The others are only chained, which is many times faster.</param>
    /// <param name="end">Last file, and where in it nothing more is read: of a log that is being written. Null for all.</param>
    public IEnumerable<SealEntry> Read(string? from, CancellationToken cancellation, Func<Guid, bool>? fragmentsOf = null, (string Hour, long Offset)? end = null)
    {
        var chain = new SealChain(from is null);
        foreach (var hour in SealFiles.Hours(root, from))
        {
            if (end is { } last && string.CompareOrdinal(hour, last.Hour) > 0) break;
            using var lines = SealLines.TryOpen(SealFiles.PathOf(root, hour));
            if (lines is null)
            {
                chain.Break();
                continue;
            }

            for (var number = 1; !(end?.Hour == hour && lines.Next >= end?.Offset) && lines.Read(); number++)
            {
                cancellation.ThrowIfCancellationRequested();
                Lines++;
                if (Take(lines, chain, (hour, number), fragmentsOf) is { } record) yield return new SealEntry(hour, record);
            }
        }

        foreach (var (seq, _, hour, line) in chain.Missing) _problems.Add(new SealProblem(hour, line, $"lines up to number {seq} are missing, and no seal says that they were pruned"));
    }

    /// <summary>Digest of the line with a number in one file; null when it is not there.</summary>
    public static string? HashOf(string root, string hour, long seq)
    {
        using var lines = SealLines.TryOpen(SealFiles.PathOf(root, hour));
        var begin = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"seq\":{seq},"));
        while (lines?.Read() == true)
            if (lines.IsWhole && lines.Line.StartsWith(begin)) return SealLog.Hash(lines.Line);
        return null;
    }

    /// <summary>End of the last whole line of a file, and that line's number and digest.</summary>
    internal static (long End, (long Seq, string Hash)? Last) LastWholeLine(string path)
    {
        var (end, line) = Last(path, trust: true);
        // What a power cut left of the last line may look like one from outside.
        if (line is not null && Parse(line) is null) (end, line) = Last(path, trust: false);
        return (end, line is not null && Parse(line) is { } record ? (record.Seq, SealLog.Hash(line)) : null);
    }

    private static (long End, byte[]? Line) Last(string path, bool trust)
    {
        using var lines = SealLines.TryOpen(path);
        long end = 0;
        byte[] last = [];
        Span<char> prev = stackalloc char[64];
        while (lines?.Read() == true)
        {
            if (!lines.IsWhole || !((trust && FragmentsLine.TryRead(lines.Line, prev, out _, out _)) || Parse(lines.Line) is not null)) continue;
            end = lines.Next;
            last = lines.Line.ToArray();
        }

        return (end, last.Length == 0 ? null : last);
    }

    private SealRecord? Take(SealLines lines, SealChain chain, (string Hour, int Number) at, Func<Guid, bool>? fragmentsOf)
    {
        Span<char> prev = stackalloc char[64];
        if (fragmentsOf is not null && lines.IsWhole && FragmentsLine.TryRead(lines.Line, prev, out var seq, out var segment) && !fragmentsOf(segment))
        {
            Note(at, chain.Take(seq, prev, lines.Line, at.Hour, at.Number));
            return null;
        }

        if ((lines.IsWhole ? Parse(lines.Line) : null) is not { } record)
        {
            Note(at, lines.IsWhole ? "the line is not a seal" : Torn);
            return null;
        }

        Note(at, chain.Take(record.Seq, record.Prev, lines.Line, at.Hour, at.Number));
        if (record.Pruned is { } pruned) chain.Take(pruned);
        return record;
    }

    private void Note((string Hour, int Number) at, string? what)
    {
        if (what is not null) _problems.Add(new SealProblem(at.Hour, at.Number, what));
    }

    /// <summary>The record of a line; null when it is none. Says nothing about its place in the chain.</summary>
    internal static SealRecord? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<SealRecord>(line, HeldarJson.Options) is { Seq: > 0, Prev.Length: 64 } record ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
