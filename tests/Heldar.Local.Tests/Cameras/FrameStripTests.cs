using Heldar.Local.Cameras;

namespace Heldar.Local.Tests.Cameras;

public sealed class FrameStripTests
{
    [Theory]
    [InlineData(360, 16)]
    [InlineData(720, 16)]
    [InlineData(1080, 24)]
    [InlineData(2160, 48)]
    public void Side_FollowsTheHeight_WhenItIsLarge(int height, int side) => Assert.Equal(side, FrameStrip.Side(height));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(299)]
    [InlineData(0xFFFFFF)]
    public void Read_GivesTheNumberBack_WhenDrawn(int number) => Assert.Equal(number, FrameStrip.Read(FrameStrip.Draw(number), FrameStrip.Cells, 1));

    [Fact]
    public void Read_GivesNothing_WhenOneCellIsWrong()
    {
        for (int cell = 0; cell < FrameStrip.Cells; cell++)
        {
            byte[] row = FrameStrip.Draw(123456);
            row[cell] ^= 255;
            Assert.Null(FrameStrip.Read(row, FrameStrip.Cells, 1));
        }
    }

    [Fact]
    public void Find_ReadsCounterAndTime_WhenTheStreamHoldsMarks()
    {
        byte[] data = System.Text.Encoding.ASCII.GetBytes("xx\0heldar-frame-num00000000000000ff000001a1fc89d8dc\u0080yyheldar-frame-numtruncated");
        FrameMark mark = Assert.Single(FrameCounter.Find(data));
        Assert.Equal(new FrameMark(255, 0x1a1fc89d8dc), mark);
    }
}
