using System.Globalization;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;

namespace Heldar.Edge.Seals;

/// <summary>Something in the log that is not as it was written.</summary>
/// <param name="Hour">Which file.</param>
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
    /// <summary>What is said of a line without an end.</summary>
    public const string Torn = "the line is torn";
    private readonly List<SealProblem> _problems = [];

    /// <summary>What was found wrong so far.</summary>
    public IReadOnlyList<SealProblem> Problems => _problems;

    /// <summary>Reads in the order of the chain.</summary>
    /// <param name="from">First hour; null for all. The chain is checked from the second line that is read.</param>
    /// <param name="cancellation">Gives up between lines.</param>
    public IEnumerable<SealEntry> Read(string? from, CancellationToken cancellation)
    {
        string? prev = null;
        long seq = 0;
        var firstHour = true;
        foreach (var hour in SealFiles.Hours(root, from))
        {
            var number = 0;
            foreach (var (line, whole, _) in Lines(SealFiles.PathOf(root, hour)))
            {
                cancellation.ThrowIfCancellationRequested();
                number++;
                var record = whole ? Parse(line) : null;
                if (record is null)
                {
                    _problems.Add(new SealProblem(hour, number, whole ? "the line is not a seal" : Torn));
                    continue;
                }

                Check(record, hour, number, prev ?? (firstHour && from is not null ? record.Prev : new string('0', 64)), prev is null && from is not null ? record.Seq : seq + 1);
                prev = SealLog.Hash(line);
                seq = record.Seq;
                yield return new SealEntry(hour, record);
            }

            firstHour = false;
        }
    }

    /// <summary>Digest of the line with a number in one file; null when it is not there.</summary>
    public static string? HashOf(string root, string hour, long seq)
    {
        var path = SealFiles.PathOf(root, hour);
        if (!File.Exists(path)) return null;
        var begin = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"seq\":{seq},"));
        foreach (var (line, whole, _) in Lines(path))
            if (whole && line.AsSpan().StartsWith(begin)) return SealLog.Hash(line);
        return null;
    }

    /// <summary>End of the last whole line of a file, and that line.</summary>
    internal static (long End, (SealRecord Record, string Hash)? Last) LastWholeLine(string path)
    {
        long end = 0;
        (SealRecord, string)? last = null;
        foreach (var (line, whole, next) in Lines(path))
        {
            if (!whole || Parse(line) is not { } record) continue;
            end = next;
            last = (record, SealLog.Hash(line));
        }

        return (end, last);
    }

    private static SealRecord? Parse(byte[] line)
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

    private static IEnumerable<(byte[] Line, bool Whole, long Next)> Lines(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 64 * 1024, FileOptions.SequentialScan);
        using var line = new MemoryStream();
        var buffer = new byte[64 * 1024];
        long position = 0;
        int read;
        while ((read = file.Read(buffer)) > 0)
        {
            var start = 0;
            for (var feed = Array.IndexOf(buffer, (byte)'\n', 0, read); feed >= 0; feed = Array.IndexOf(buffer, (byte)'\n', start, read - start))
            {
                Keep(line, buffer, start, feed - start);
                yield return (line.ToArray(), true, position + feed + 1);
                line.SetLength(0);
                start = feed + 1;
            }

            Keep(line, buffer, start, read - start);
            position += read;
        }

        if (line.Length > 0) yield return (line.ToArray(), false, position);
    }

    /// <summary>Keeps at most one byte more than the longest line, so that a longer one is seen to be no seal.</summary>
    private static void Keep(MemoryStream line, byte[] buffer, int start, int count) =>
        line.Write(buffer, start, (int)Math.Min(count, SealLog.MaxLine + 1 - line.Length));

    private void Check(SealRecord record, string hour, int line, string prev, long seq)
    {
        if (!string.Equals(record.Prev, prev, StringComparison.Ordinal)) _problems.Add(new SealProblem(hour, line, "the line before was changed, added or removed"));
        else if (record.Seq != seq) _problems.Add(new SealProblem(hour, line, $"number {record.Seq} where {seq} must be"));
    }
}
