using System.Buffers.Binary;
using System.Text;
using Heldar.Local.Judge;

namespace Heldar.Local.Tests.Judge;

public sealed class DiskSegmentTests
{
    [Theory]
    [InlineData(100, 100, true)]
    [InlineData(100, 99, false)]
    [InlineData(100, 0, false)]
    [InlineData(0, 100, false)]
    [InlineData(7, 100, false)]
    public void FragmentThatAKillTore_IsNotWhole(uint says, int written, bool whole) => Assert.Equal(whole, HasWholeMedia([.. Box("ftyp", 24, 24), .. Box("moof", 40, 40), .. Box("mdat", says, written)]));

    [Fact]
    public void OneWholeFragmentBeforeATornOne_IsEnough() => Assert.True(HasWholeMedia([.. Box("ftyp", 24, 24), .. Box("mdat", 50, 50), .. Box("moof", 40, 40), .. Box("mdat", 50, 20)]));

    [Theory]
    [InlineData(16 + 5, true)]
    [InlineData(16 + 6, false)]
    [InlineData(-1, false)]
    public void LongLength_IsRead(long says, bool whole)
    {
        var box = Box("mdat", 1, 16 + 5);
        BinaryPrimitives.WriteInt64BigEndian(box.AsSpan(8), says);
        Assert.Equal(whole, HasWholeMedia(box));
    }

    [Fact]
    public void FileWithoutABox_HasNone() => Assert.False(HasWholeMedia([1, 2, 3]));

    private static bool HasWholeMedia(byte[] bytes)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, bytes);
            return DiskSegment.HasWholeMedia(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static byte[] Box(string type, uint says, int written)
    {
        var box = new byte[Math.Max(written, 8)];
        BinaryPrimitives.WriteUInt32BigEndian(box, says);
        Encoding.ASCII.GetBytes(type).CopyTo(box, 4);
        return box[..written];
    }
}
