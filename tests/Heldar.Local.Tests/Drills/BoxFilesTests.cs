using Heldar.Local.Drills;
using Heldar.Local.FleetSim;

namespace Heldar.Local.Tests.Drills;

public sealed class BoxFilesTests
{
    private static readonly Guid Camera = Guid.CreateVersion7();
    private static readonly BoxFile[] Files = [new(Guid.CreateVersion7(), 100, new string('a', 64)), new(Guid.CreateVersion7(), 200, new string('b', 64))];

    [Fact]
    public void WholeIndex_IsInOrder()
    {
        IndexVerdict verdict = BoxFiles.Compare(Files, Files.Select(Fact));

        Assert.Empty(verdict.Problems);
        Assert.Equal((2, true), (verdict.EventsSent, verdict.Ok));
    }

    [Fact]
    public void MissingFile_IsALoss() => Assert.Equal(1, BoxFiles.Compare(Files, [Fact(Files[0])]).EventsLost);

    [Fact]
    public void SameSegment_InOnePlace_IsTwice_AndInTwoPlacesIsNot()
    {
        Assert.Equal(1, BoxFiles.Compare(Files, [.. Files.Select(Fact), Fact(Files[0])]).AppliedTwice);
        Assert.True(BoxFiles.Compare(Files, [.. Files.Select(Fact), Fact(Files[0]) with { Place = IndexFact.Folded }]).Ok);
    }

    [Fact]
    public void OtherHash_OtherSize_AndAStranger_AreMismatches()
    {
        Assert.Equal(1, BoxFiles.Compare(Files, [Fact(Files[0]), Fact(Files[1] with { Sha256 = new string('c', 64) })]).IndexMismatches);
        Assert.Equal(1, BoxFiles.Compare(Files, [Fact(Files[0]), Fact(Files[1] with { Bytes = 7 })]).IndexMismatches);
        Assert.Equal(1, BoxFiles.Compare(Files, [.. Files.Select(Fact), Fact(Files[0] with { Segment = Guid.CreateVersion7() })]).IndexMismatches);
    }

    private static IndexFact Fact(BoxFile file) => new($"segment/{Camera}/{file.Segment}", 1, IndexFact.Join("box", 1, 2, file.Bytes, 25, file.Sha256, "root", "avc1", "closed"));
}
