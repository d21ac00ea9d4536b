using Heldar.Contracts.Events;
using Heldar.Edge.Fsck;
using Heldar.Edge.Recorder;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using Microsoft.Extensions.Logging.Abstractions;

namespace Heldar.Edge.Tests.Recovery;

/// <summary>One running segment, torn and damaged in every way: what is left is whole, verified and playable, or it is set aside untouched.</summary>
public sealed class TailSalvageTests : IAsyncLifetime
{
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate");
    private readonly RecordingFixture _box = new();
    private OpenedSeal _opened = null!;
    private List<FragmentSeal> _pieces = [];
    private string _path = "";
    private byte[] _film = [];
    private byte[] _log = [];

    public async ValueTask InitializeAsync()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset veryfast -bf 2 -b_strategy 0 -g 25", 100);
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions()))
        {
            using var feed = new Feed(recorder, _box.Pool, _box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => recorder.Progress is { OpenBytes: > 0 } p && _box.Writers.All[0].QueuedBytes == 0 && p.OpenBytes == new FileInfo(p.OpenPath!).Length, "on disk");
            await _box.KillAsync();
        }

        var seals = new SealReader(_box.Root).Read(null, CancellationToken.None).Select(e => e.Record).ToList();
        _opened = Assert.Single(seals, s => s.Opened is not null).Opened!;
        _path = seals.Single(s => s.Opened is not null).Path!;
        _pieces = [.. seals.Where(s => s.Fragments is not null).SelectMany(s => s.Fragments!.Items)];
        _film = await File.ReadAllBytesAsync(Path.Combine(_box.Root, _path));
        _log = await File.ReadAllBytesAsync(LogFile);
        Assert.True(_pieces.Count >= 3, $"{_pieces.Count} fragments");
        Assert.Equal(_film.Length, _pieces[^1].Offset + _pieces[^1].Bytes);
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task Truncated_KeepsTheWholeFragments_WhereverItIsCut()
    {
        var edges = _pieces.SelectMany(p => (long[])[p.Offset - 1, p.Offset, p.Offset + 1, p.Offset + 7, p.Offset + 8, p.Offset + 100]).Append(_film.Length);
        var random = new Random(11);
        foreach (var cut in edges.Concat(Enumerable.Range(0, 60).Select(_ => (long)random.Next(_film.Length))).Append(0).Distinct())
        {
            var whole = _pieces.TakeWhile(p => p.Offset + p.Bytes <= cut).ToList();
            var (data, file) = Salvage(_film[..(int)cut], _log);
            if (whole.Count == 0)
            {
                Assert.Null(data);
                Assert.Equal(_film[..(int)cut], File.ReadAllBytes(Path.Combine(_box.Root, Quarantine.Folder, Path.GetFileName(_path))));
                continue;
            }

            Assert.Equal((whole.Sum(p => p.Frames), whole[^1].End, HashOrigin.Recorded), (data!.Frames, data.End, data.HashOrigin));
            Assert.Equal(_film[..(int)(whole[^1].Offset + whole[^1].Bytes)], File.ReadAllBytes(file));
        }

        var (last, path) = Salvage(_film[..^5], _log);
        Assert.Equal(last!.Frames, (await Tool.FrameHashesAsync(path, "v")).Length);
    }

    [Fact]
    public void Damaged_EndsBeforeTheFragmentThatIsNotWhatWasSealed()
    {
        for (var i = 0; i < _pieces.Count; i++)
        {
            var film = (byte[])_film.Clone();
            film[(int)(_pieces[i].Offset + _pieces[i].Bytes - 10)] ^= 1;
            var (data, _) = Salvage(film, _log);
            Assert.Equal(i == 0 ? null : _pieces.Take(i).Sum(p => p.Frames), data?.Frames);
            if (data is not null) Assert.Equal(HashOrigin.Recorded, data.HashOrigin);
        }
    }

    [Fact]
    public void ZerosOfAPowerCut_AreCutOff()
    {
        var film = (byte[])_film.Clone();
        film.AsSpan((int)_pieces[^1].Offset).Clear();
        var (data, file) = Salvage(film, _log);

        Assert.Equal(_pieces.SkipLast(1).Sum(p => p.Frames), data!.Frames);
        Assert.Equal(_pieces[^1].Offset, new FileInfo(file).Length);
    }

    [Fact]
    public void ChangedHeader_IsNotOriginal()
    {
        var film = (byte[])_film.Clone();
        film[_opened.HeaderBytes - 1] ^= 1;
        var (data, _) = Salvage(film, _log);

        Assert.Equal(HashOrigin.Recomputed, data!.HashOrigin);
    }

    [Fact]
    public void FragmentsWithoutASeal_AreKeptButNotOriginal()
    {
        // The last digests never reached the log.
        var (data, file) = Salvage(_film, WithoutLastSeals());

        Assert.Equal((_pieces.Sum(p => p.Frames), HashOrigin.Recomputed), (data!.Frames, data.HashOrigin));
        Assert.Equal(_film, File.ReadAllBytes(file));
    }

    /// <summary>A power cut that takes the last seals and leaves blocks of zeros in the footage that they covered.</summary>
    [Fact]
    public async Task ZerosInFragmentsWithoutASeal_AreCutOff_WhereverTheyAre()
    {
        const int block = 512;
        var log = WithoutLastSeals();
        var random = new Random(5);
        var last = _pieces[^1];
        for (var round = 0; round < 40; round++)
        {
            var film = (byte[])_film.Clone();
            var at = round == 0 ? last.Offset + last.Bytes - block : last.Offset + 8 + random.NextInt64(last.Bytes - block - 8);
            film.AsSpan((int)at, block).Clear();
            var (data, file) = Salvage(film, log);

            Assert.True(data!.Frames < _pieces.Sum(p => p.Frames), $"zeros at {at - last.Offset} of {last.Bytes} were kept");
            Assert.Equal(data.Bytes, new FileInfo(file).Length);
            if (round < 3) Assert.Equal(data.Frames, (await Tool.FrameHashesAsync(file, "v")).Length);
        }
    }

    [Fact]
    public void SegmentOfAnotherName_IsSetAside()
    {
        var film = (byte[])_film.Clone();
        film.AsSpan(0, 200).IndexOf("heldarsegmentv01"u8);
        film[film.AsSpan().IndexOf("heldarsegmentv01"u8) + 16 + 3] ^= 1;

        Assert.Null(Salvage(film, _log).Data);
    }

    [Fact]
    public void MissingFile_IsNoFailure()
    {
        Restore(_film, _log);
        File.Delete(Path.Combine(_box.Root, _path));

        Assert.Empty(Run());
    }

    [Fact]
    public void InterruptedSalvage_GoesOn()
    {
        // The file was cut, its seal was not written: the next start says the same.
        var (first, _) = Salvage(_film[..^5], _log);
        File.WriteAllBytes(LogFile, _log);
        var again = Assert.Single(Run());

        Assert.Equal(first, again);
    }

    /// <summary>A disk failed when the segment closed, and the box went on for hours: a start does not look that far back, the daily sweep and fsck do.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LeftOpenHoursAgo_IsSalvaged(bool byFsck)
    {
        for (var hour = 0; hour < 4; hour++)
        {
            _box.Clock.Advance(NodaTime.Duration.FromHours(1));
            using var seals = SealLog.Open(_box.Root, _box.Clock);
            seals.Append(new SealRecord { Type = SealType.Noted, Cause = "time goes by" });
        }

        Assert.Empty(Run());
        File.SetLastWriteTimeUtc(Path.Combine(_box.Root, _path), _opened.Start.ToDateTimeUtc());
        if (byFsck)
        {
            var report = await new Checker([Volume.Open(_box.Root, _box.Clock.Now)], null, _box.Clock, NullLoggerFactory.Instance).RunAsync(false, repair: true, _ => { }, CancellationToken.None);
            Assert.True(Assert.Single(report.Listed).Repaired);
        }

        await _box.StartAsync();
        var sweep = new OrphanSweep(_box.Store, _box.IndexWriter, _box.Clock, NullLogger<OrphanSweep>.Instance);
        Assert.Equal(new OrphanResult(1, 0, 0, null, byFsck ? 0 : 1), await sweep.RunAsync(_box.Writers.All[0], _ => ValueTask.CompletedTask, CancellationToken.None));
        await Eventually.TrueAsync(() => _box.IndexWriter.Waiting == 0, "the index took it");
        await _box.Store.EnqueueAsync(_ => { });

        var segment = Assert.Single(await _box.SegmentsAsync(Camera.Uid));
        Assert.Equal((_pieces.Sum(p => p.Frames), "salvaged", HashOrigin.Recorded), (segment.Data.Frames, segment.Data.Reason, segment.Data.HashOrigin));
        Assert.Equal(segment.Data.Frames, (await Tool.FrameHashesAsync(segment.File!, "v")).Length);
        Assert.Equal(0, (await sweep.RunAsync(_box.Writers.All[0], _ => ValueTask.CompletedTask, CancellationToken.None)).Salvaged);
    }

    private byte[] WithoutLastSeals()
    {
        var lines = System.Text.Encoding.UTF8.GetString(_log).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return System.Text.Encoding.UTF8.GetBytes(string.Concat(lines.SkipLast(1).Select(l => l + "\n")));
    }

    private string LogFile => SealFiles.PathOf(_box.Root, SealFiles.Hours(_box.Root)[0]);

    private (SegmentData? Data, string File) Salvage(byte[] film, byte[] log)
    {
        Restore(film, log);
        return (Run().SingleOrDefault(), Path.Combine(_box.Root, _path));
    }

    private void Restore(byte[] film, byte[] log)
    {
        var quarantine = Path.Combine(_box.Root, Quarantine.Folder);
        if (Directory.Exists(quarantine)) Directory.Delete(quarantine, recursive: true);
        File.WriteAllBytes(Path.Combine(_box.Root, _path), film);
        File.WriteAllBytes(LogFile, log);
    }

    private List<SegmentData> Run()
    {
        using (var seals = SealLog.Open(_box.Root, _box.Clock))
            new VolumeRecovery(NullLogger<VolumeRecovery>.Instance).Run(Volume.Open(_box.Root, _box.Clock.Now), seals, CancellationToken.None);
        var reader = new SealReader(_box.Root);
        var salvaged = reader.Read(null, CancellationToken.None).Where(e => e.Record.Type == SealType.Salvaged).Select(e => e.Record.Data!).ToList();
        Assert.Empty(reader.Problems);
        return salvaged;
    }
}
