using System.Text;
using Heldar.Edge.Seals;
using NodaTime;

namespace Heldar.Edge.Recovery;

/// <summary>
/// Looks through the older files of a long seal log for what cameras and the ledger of gaps need at once: whose a folder is, gaps, wishes, and of each camera's footage the two ends
/// that the ledger goes by. Everything else is passed over at a glance, also the chain: whoever reads the lines as a whole afterwards takes that. One caller at a time.
/// </summary>
/// <param name="root">Root of the volume.</param>
/// <param name="learn">Told the slug and the uid of each segment that was opened, in the order of the log.</param>
internal sealed class SealSkim(string root, Action<string, Guid> learn)
{
    /// <summary>A segment's file name begins with its time, and so sorts by it: refilled footage is sealed long after newer one.</summary>
    private const int TimeLength = 20;
    private readonly Dictionary<Guid, Footage> _footage = [];

    /// <summary>Reads files; answers the records that are about something else than footage and holds.</summary>
    /// <param name="files">Names, in their order.</param>
    /// <param name="cancellation">Gives up between lines.</param>
    public IEnumerable<SealEntry> Read(IEnumerable<string> files, CancellationToken cancellation)
    {
        foreach (var file in files)
        {
            using var lines = SealLines.TryOpen(SealFiles.PathOf(root, file));
            while (lines?.Read() == true)
            {
                cancellation.ThrowIfCancellationRequested();
                if (lines.IsWhole && Take(lines.Line, file) is { } record) yield return new SealEntry(file, record);
            }
        }
    }

    /// <summary>
    /// Of each camera the newest segment, behind which nothing was recorded; and where no wish stands, the first one since the last: <see cref="Gaps"/> takes a wish that was never
    /// noted to have begun with it.
    /// </summary>
    public IEnumerable<SealEntry> Ends()
    {
        foreach (var footage in _footage.Values)
        {
            if (footage.Wishes.Count == 0 && footage.First is { } first) yield return first;
            if (footage.Newest is { } newest) yield return newest;
        }
    }

    private SealRecord? Take(ReadOnlySpan<byte> line, string file)
    {
        if (!SealGlance.TryRead(line, out var seen)) return Parsed(line, file);
        if (seen.Type.SequenceEqual("fragments"u8) || seen.Type.SequenceEqual("deletion"u8) || seen.Type.SequenceEqual("hold"u8)) return null;
        if (seen.Slug.Length > 0) learn(Encoding.UTF8.GetString(seen.Slug), seen.Camera);
        else if (seen.Path.Length > 0) Of(seen.Camera).Take(line, seen.Path, file);
        else return Parsed(line, file);
        return null;
    }

    private SealRecord? Parsed(ReadOnlySpan<byte> line, string file)
    {
        switch (SealReader.Parse(line))
        {
            case { Opened: { } opened }:
                learn(opened.Slug, opened.Camera);
                return null;
            case { Type: SealType.Closed or SealType.Salvaged, Data: { } data, Path: { } path }:
                Of(data.Camera).Take(line, Encoding.UTF8.GetBytes(path), file);
                return null;
            case { Wanted: { } wanted } record:
                Of(wanted.Camera).Take(wanted);
                return record;
            case { Fragments: null, Data: null, Deleted: null, Hold: null } record:
                return record;
            default:
                return null;
        }
    }

    private Footage Of(Guid camera)
    {
        if (!_footage.TryGetValue(camera, out var footage)) _footage[camera] = footage = new Footage();
        return footage;
    }

    /// <summary>What was seen of one camera.</summary>
    private sealed class Footage
    {
        private Instant _wantedUntil = Instant.MinValue;
        private byte[] _line = [];
        private int _length;
        private byte[] _time = [];
        private string _file = "";

        /// <summary>Begins of those that have not ended.</summary>
        public HashSet<Instant> Wishes { get; } = [];

        public SealEntry? First { get; private set; }

        public SealEntry? Newest => _length > 0 && SealReader.Parse(_line.AsSpan(0, _length)) is { } record ? new SealEntry(_file, record) : null;

        public void Take(ReadOnlySpan<byte> line, ReadOnlySpan<byte> path, string file)
        {
            var name = path[(path.LastIndexOf((byte)'/') + 1)..];
            var time = name[..Math.Min(TimeLength, name.Length)];
            if (_time.AsSpan().SequenceCompareTo(time) <= 0)
            {
                if (_time.Length != time.Length) _time = new byte[time.Length];
                time.CopyTo(_time);
                if (_line.Length < line.Length) _line = new byte[line.Length * 2];
                line.CopyTo(_line);
                (_length, _file) = (line.Length, file);
            }

            if (First is null && Wishes.Count == 0 && SealReader.Parse(line) is { Data: { } data } record && data.Start >= _wantedUntil) First = new SealEntry(file, record);
        }

        public void Take(WantedSeal wanted)
        {
            if (wanted.To is not { } to)
            {
                Wishes.Add(wanted.From);
                return;
            }

            Wishes.Remove(wanted.From);
            _wantedUntil = Instant.Max(_wantedUntil, to);
            if (First?.Record.Data?.Start < _wantedUntil) First = null;
        }
    }
}
