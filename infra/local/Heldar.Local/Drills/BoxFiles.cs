using Heldar.Local.FleetSim;
using Heldar.Local.Judge;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>One closed recording as the disk has it.</summary>
internal sealed record BoxFile(Guid Segment, long Bytes, string Sha256);

/// <summary>Compares the files on a real box's disk with the segments that the index has of its cameras.</summary>
internal static class BoxFiles
{
    /// <summary>Every file with its hash by <c>sha256sum</c>.</summary>
    public static async Task<IReadOnlyList<BoxFile>> ReadAsync(string recordings, CancellationToken cancellation)
    {
        List<BoxFile> files = [];
        foreach (DiskSegment[] some in DiskSegment.Scan([recordings]).Values.Chunk(200))
        {
            string[] said = (await Tool.RunAsync("sha256sum", ["--", .. some.Select(file => file.File)], cancellation)).OutputOrThrow("sha256sum").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            files.AddRange(some.Zip(said, (file, line) => new BoxFile(file.Segment, file.Bytes, line[..64])));
        }

        return files;
    }

    /// <summary>Each file is an event that was sent; each must be in the index, once, with its size and hash, and nothing else.</summary>
    public static IndexVerdict Compare(IReadOnlyList<BoxFile> files, IEnumerable<IndexFact> index)
    {
        var segments = index.Where(fact => fact.Key.StartsWith("segment/", StringComparison.Ordinal)).ToLookup(fact => Guid.Parse(fact.Key.Split('/')[2]));
        List<string> problems = [];
        int lost = 0, twice = 0, wrong = 0;
        foreach (BoxFile file in files)
        {
            var there = segments[file.Segment].ToList();
            if (there.Count == 0)
            {
                lost++;
                problems.Add($"lost: file of segment {file.Segment} is not in the index");
                continue;
            }

            foreach (var place in there.GroupBy(fact => (fact.Version, fact.Place)).Where(place => place.Count() > 1))
            {
                twice += place.Count() - 1;
                problems.Add($"applied twice: segment {file.Segment}, {place.Count()} times");
            }

            string[] fields = there.MaxBy(fact => fact.Version)!.Print.Split('|');
            if (fields[3] == file.Bytes.ToString(System.Globalization.CultureInfo.InvariantCulture) && fields[5] == file.Sha256) continue;
            wrong++;
            problems.Add($"mismatch: segment {file.Segment} has {file.Bytes} bytes and hash {file.Sha256}, the index has {fields[3]} and {fields[5]}");
        }

        foreach (var stranger in segments.Where(segment => files.All(file => file.Segment != segment.Key)))
        {
            wrong++;
            problems.Add($"mismatch: segment {stranger.Key} is in the index and on no disk");
        }

        return new IndexVerdict { EventsSent = files.Count, EventsLost = lost, AppliedTwice = twice, IndexMismatches = wrong, Problems = [.. problems.Take(10)] };
    }
}
