using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Heldar.Contracts.Events;
using Heldar.Edge.Seals;
using NodaTime;

namespace Heldar.Edge.Tests.Seals;

/// <summary>Invariant 3: what was sealed cannot be changed unseen, and a crash takes at most the line that it interrupts.</summary>
public sealed class SealLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new(Instant.FromUtc(2026, 12, 31, 22, 59, 59));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Chain_HoldsOverHoursAndRestarts()
    {
        for (var start = 0; start < 3; start++)
        {
            using var log = SealLog.Open(_folder.Path, _clock);
            for (var i = 0; i < 4; i++)
            {
                log.Append(Record($"{start}.{i}"));
                _clock.Advance(Duration.FromMinutes(17));
            }
        }

        var (records, problems) = Read();
        Assert.Empty(problems);
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), records.Select(r => r.Seq));
        Assert.Equal(["2026/12/31/22", "2026/12/31/23", "2027/01/01/00", "2027/01/01/01", "2027/01/01/02"], SealFiles.Hours(_folder.Path));
    }

    [Fact]
    public void Log_GoesOnInItsNewestFile_WhenTheClockIsSetBack()
    {
        using (var log = SealLog.Open(_folder.Path, _clock)) log.Append(Record("a"));
        _clock.Advance(-Duration.FromHours(5));
        using (var log = SealLog.Open(_folder.Path, _clock))
        {
            log.Append(Record("b"));
            _clock.Advance(Duration.FromDays(2));
            log.Append(Record("c"));
            _clock.Advance(-Duration.FromDays(1));
            log.Append(Record("d"));
        }

        var (records, problems) = Read();
        Assert.Empty(problems);
        Assert.Equal(["a", "b", "c", "d"], records.Select(r => r.Cause));
        Assert.Equal(2, SealFiles.Hours(_folder.Path).Count);
    }

    [Fact]
    public void FullFile_IsFollowedByAnother_WhateverTheClockDoes()
    {
        var years = Duration.FromDays(3650);
        for (var start = 0; start < 3; start++)
        {
            using var log = SealLog.Open(_folder.Path, _clock, maxFile: 2000);
            log.Append(Record($"{start}"));
            if (start == 0) _clock.Now += years;
            for (var i = 0; i < 20; i++) log.Append(Record($"{start}.{i}"));
            if (start == 0) _clock.Now -= years;
        }

        var (records, problems) = Read();
        Assert.Empty(problems);
        Assert.Equal(Enumerable.Range(1, 63).Select(i => (long)i), records.Select(r => r.Seq));
        var files = SealFiles.Hours(_folder.Path);
        Assert.Equal(["2026/12/31/22", "2036/12/28/22", "2036/12/28/22_00001", "2036/12/28/22_00002"], files.Take(4));
        Assert.All(files, f => Assert.InRange(new FileInfo(SealFiles.PathOf(_folder.Path, f)).Length, 1, 2000));
        Assert.All(files.Skip(1), f => Assert.Equal(SealFiles.TimeOf("2036/12/28/22"), SealFiles.TimeOf(f)));
        // Whoever sorts whole paths finds the same order.
        Assert.Equal(files.Select(f => SealFiles.PathOf(_folder.Path, f)), Directory.EnumerateFiles(_folder.Path, "*.jsonl", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void FragmentsThatNobodyAsksFor_AreChainedAllTheSame()
    {
        using (var log = SealLog.Open(_folder.Path, _clock))
        {
            for (var i = 0; i < 5; i++)
            {
                log.Append(Record($"{i}"));
                log.Append(new SealRecord { Type = SealType.Fragments, Fragments = new FragmentsSeal(Guid.CreateVersion7(), [new FragmentSeal(812, 4711, 25, _clock.Now, new string('a', 64))]) });
            }
        }

        var reader = new SealReader(_folder.Path);
        Assert.Equal(["0", "1", "2", "3", "4"], reader.Read(null, CancellationToken.None, SealReader.NoFragments).Select(e => e.Record.Cause));
        Assert.Equal((0, 10L), (reader.Problems.Count, reader.Lines));
        var path = SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[^1]);
        var whole = File.ReadAllBytes(path);
        // The last line has nothing behind it yet.
        for (var at = 0; at < Array.LastIndexOf(whole, (byte)'\n', whole.Length - 2) + 1; at++)
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= 1;
            File.WriteAllBytes(path, changed);
            var again = new SealReader(_folder.Path);
            var answered = again.Read(null, CancellationToken.None, SealReader.NoFragments).ToList();
            Assert.True(answered.Count(e => e.Record.Type != SealType.Fragments) <= 5);
            // A changed line may no longer look like fragments, and is then answered; that it is not as written is named.
            Assert.True(answered.Count(e => e.Record.Type == SealType.Fragments) <= 1);
            Assert.NotEmpty(again.Problems);
        }
    }

    [Fact]
    public void Reader_AcceptsABeginningThatASealSaysWasPruned_AndNoOther()
    {
        string Last(int file) => SealReader.LastWholeLine(SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[file])).Last!.Value.Hash;
        using (var log = SealLog.Open(_folder.Path, _clock))
        {
            for (var i = 0; i < 4; i++)
            {
                log.Append(Record($"{i}"));
                _clock.Advance(Duration.FromHours(1));
            }

            log.Append(new SealRecord { Type = SealType.Pruned, Pruned = new PrunedSeal(2, Last(1), []) });
        }

        Assert.Empty(Read().Problems);
        File.Delete(SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[0]));
        Assert.NotEmpty(Read().Problems);
        File.Delete(SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[0]));
        Assert.Empty(Read().Problems);
        File.Delete(SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[0]));
        Assert.NotEmpty(Read().Problems);
    }

    [Fact]
    public void PartsThatAreAbsent_AreReadBackAsAbsent()
    {
        var (camera, from) = (Guid.CreateVersion7(), _clock.Now);
        SealRecord[] sealedOnes =
        [
            new() { Type = SealType.Wanted, Wanted = new WantedSeal(camera, from, null) },
            new() { Type = SealType.Wanted, Wanted = new WantedSeal(camera, from, from + Duration.FromHours(1)) },
            new() { Type = SealType.Hold, Hold = new HoldSeal(new HoldAppliedData { Hold = Guid.CreateVersion7(), Camera = camera, From = from, To = from, Reason = "case", Owner = "somebody" }, 1, from) },
            new() { Type = SealType.Gap, Missing = new GapData { Gap = Guid.CreateVersion7(), Camera = camera, Revision = 1, Start = from, Cause = GapCause.ProcessDown } },
        ];
        using (var log = SealLog.Open(_folder.Path, _clock))
            foreach (var record in sealedOnes) log.Append(record);

        var (records, problems) = Read();
        Assert.Empty(problems);
        Assert.Equal(sealedOnes.Select(r => (r.Wanted, r.Hold, r.Missing)), records.Select(r => (r.Wanted, r.Hold, r.Missing)));
    }

    [Fact]
    public void WantedTime_WithoutAnEnd_IsReadBack()
    {
        var wanted = new WantedSeal(Guid.NewGuid(), Instant.FromUtc(2026, 12, 31, 22, 0, 0));
        using (var log = SealLog.Open(_folder.Path, _clock)) log.Append(new SealRecord { Type = SealType.Wanted, Wanted = wanted });
        using (var log = SealLog.Open(_folder.Path, _clock)) log.Append(Record("after"));

        var (records, problems) = Read();
        Assert.Empty(problems);
        Assert.Equal([1, 2], records.Select(r => r.Seq));
        Assert.Equal(wanted, records[0].Wanted);
    }

    /// <summary>A part that is null is left out of the line, and a reader that insists on it would call the line no seal.</summary>
    [Fact]
    public void Parts_ThatMayBeAbsent_AreNotDemandedByTheReader()
    {
        var seen = new HashSet<Type>();
        var left = new Queue<Type>([typeof(SealRecord)]);
        var nullability = new NullabilityInfoContext();
        List<string> demanded = [];
        while (left.TryDequeue(out var type))
        {
            if (!seen.Add(type)) continue;
            foreach (var part in type.GetProperties().Select(p => p.PropertyType).SelectMany(t => t.GetGenericArguments().Append(t)).Where(t => t.Namespace?.StartsWith("Heldar", StringComparison.Ordinal) == true && !t.IsEnum)) left.Enqueue(part);
            demanded.AddRange(type.GetConstructors().SelectMany(c => c.GetParameters())
                .Where(p => !p.HasDefaultValue && nullability.Create(p).ReadState == NullabilityState.Nullable).Select(p => $"{type.Name}.{p.Name}"));
            demanded.AddRange(type.GetProperties().Where(p => p.IsDefined(typeof(RequiredMemberAttribute), inherit: true) && nullability.Create(p).ReadState == NullabilityState.Nullable).Select(p => $"{type.Name}.{p.Name}"));
        }

        Assert.Contains(typeof(WantedSeal), seen);
        Assert.Empty(demanded);
    }

    [Fact]
    public void TornLine_IsMovedAside_WhereverItIsCut()
    {
        WriteThree();
        var path = SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[^1]);
        var whole = File.ReadAllBytes(path);
        var last = Array.LastIndexOf(whole, (byte)'\n', whole.Length - 2) + 1;
        for (var cut = last; cut < whole.Length; cut++)
        {
            File.WriteAllBytes(path, whole[..cut]);
            using (var log = SealLog.Open(_folder.Path, _clock))
            {
                Assert.Equal(cut > last, log.TornFile is not null);
                if (log.TornFile is { } torn)
                {
                    Assert.Equal(whole[last..cut], File.ReadAllBytes(torn));
                    File.Delete(torn);
                }

                log.Append(Record("after"));
            }

            var (records, problems) = Read();
            Assert.Empty(problems);
            Assert.Equal(["a", "b", "after"], records.Select(r => r.Cause));
        }
    }

    [Fact]
    public void ZerosOfAPowerCut_AreMovedAside()
    {
        WriteThree();
        var path = SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[^1]);
        using (var file = new FileStream(path, FileMode.Append)) file.Write(new byte[5000]);
        using (var log = SealLog.Open(_folder.Path, _clock)) log.Append(Record("d"));

        var (records, problems) = Read();
        Assert.Empty(problems);
        Assert.Equal(["a", "b", "c", "d"], records.Select(r => r.Cause));
    }

    [Fact]
    public void Reader_NamesAChangeOfAnyByte()
    {
        WriteThree();
        var path = SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[^1]);
        var whole = File.ReadAllBytes(path);
        var last = Array.LastIndexOf(whole, (byte)'\n', whole.Length - 2) + 1;
        // The last line has nothing behind it yet; every other byte is covered by the line that follows.
        for (var at = 0; at < last; at++)
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= 1;
            File.WriteAllBytes(path, changed);
            Assert.NotEmpty(Read().Problems);
        }
    }

    [Theory]
    [InlineData("remove the second")]
    [InlineData("repeat the second")]
    [InlineData("swap")]
    [InlineData("remove the first")]
    public void Reader_NamesLinesThatAreMissingAddedOrMoved(string change)
    {
        WriteThree();
        var path = SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[^1]);
        var lines = File.ReadAllLines(path);
        File.WriteAllLines(path, change switch
        {
            "remove the second" => [lines[0], lines[2]],
            "repeat the second" => [lines[0], lines[1], lines[1], lines[2]],
            "swap" => [lines[1], lines[0], lines[2]],
            _ => lines[1..],
        });

        Assert.NotEmpty(Read().Problems);
    }

    [Fact]
    public void Reader_NamesAMissingHour()
    {
        for (var i = 0; i < 3; i++)
        {
            using var log = SealLog.Open(_folder.Path, _clock);
            log.Append(Record("x"));
            _clock.Advance(Duration.FromHours(1));
        }

        File.Delete(SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[1]));

        Assert.Single(Read().Problems);
    }

    [Fact]
    public void Reader_ReadsOnBehindGarbage()
    {
        WriteThree();
        var path = SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[^1]);
        var lines = File.ReadAllLines(path);
        File.WriteAllLines(path, [lines[0], "{", "[]", "null", "\"\"", "{\"seq\":-1}", new string('x', SealLog.MaxLine + 100), "{\"type\":\"nonsense\"}", lines[1], lines[2]]);

        var (records, problems) = Read();
        Assert.Equal(["a", "b", "c"], records.Select(r => r.Cause));
        Assert.Equal(7, problems.Count);
    }

    [Fact]
    public void Reader_StartsAtAnHour()
    {
        for (var i = 0; i < 3; i++)
        {
            using var log = SealLog.Open(_folder.Path, _clock);
            log.Append(Record($"{i}"));
            _clock.Advance(Duration.FromHours(1));
        }

        var reader = new SealReader(_folder.Path);
        Assert.Equal(["1", "2"], reader.Read(SealFiles.Hours(_folder.Path)[1], CancellationToken.None).Select(e => e.Record.Cause));
        Assert.Empty(reader.Problems);
    }

    [Fact]
    public void Hours_FollowNoLinks()
    {
        WriteThree();
        var hour = SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[^1]);
        File.CreateSymbolicLink(Path.Combine(Path.GetDirectoryName(hour)!, "23.jsonl"), hour);
        Directory.CreateSymbolicLink(_folder.File("seals/2027"), _folder.File("seals/2026"));

        Assert.Single(SealFiles.Hours(_folder.Path));
    }

    [Fact]
    public async Task PipeAmongSeals_IsPassedOver_AndNeverWaitedFor()
    {
        WriteThree();
        Pipe.Make(SealFiles.PathOf(_folder.Path, "2026/12/31/23"));
        var work = Task.Run(
            () =>
            {
                using var log = SealLog.Open(_folder.Path, _clock);
                log.Append(Record("d"));
                _clock.Advance(Duration.FromHours(1));
                Assert.Throws<IOException>(() => log.Append(Record("in the way")));
                _clock.Advance(Duration.FromHours(1));
                log.Append(Record("e"));
            },
            TestContext.Current.CancellationToken);

        await work.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        var (records, problems) = Read();
        Assert.Empty(problems);
        Assert.Equal(["a", "b", "c", "d", "e"], records.Select(r => r.Cause));
        Assert.False(SpecialFile.Is(_folder.Path) || SpecialFile.Is(_folder.File("nothing")) || SpecialFile.Is(SealFiles.PathOf(_folder.Path, SealFiles.Hours(_folder.Path)[0])));
        Assert.True(SpecialFile.Is("/dev/null"));
    }

    private static SealRecord Record(string cause) => new() { Type = SealType.Quarantined, Path = "ü/file.mp4", Cause = cause };

    private void WriteThree()
    {
        using var log = SealLog.Open(_folder.Path, _clock);
        foreach (var cause in (string[])["a", "b", "c"]) log.Append(Record(cause));
        log.Flush();
        Assert.DoesNotContain("\n", Encoding.UTF8.GetString(File.ReadAllBytes(SealFiles.PathOf(_folder.Path, log.Hour!))[..^1]).Replace("\n{", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private (List<SealRecord> Records, IReadOnlyList<SealProblem> Problems) Read()
    {
        var reader = new SealReader(_folder.Path);
        return ([.. reader.Read(null, CancellationToken.None).Select(e => e.Record)], reader.Problems);
    }
}
