using Heldar.Media.SegmentNames;
using NodaTime;

namespace Heldar.Media.Tests.SegmentNames;

public sealed class SegmentNameTests
{
    private const string Valid = "gate/2026/03/29/00/20260329T005958.123Z_0190c0de-0000-7000-8000-000000000001.mp4";
    private static readonly Guid Id = Guid.Parse("0190c0de-0000-7000-8000-000000000001");

    [Fact]
    public void RelativePath_IsUtcAndReadsBack()
    {
        var name = new SegmentName("gate", Instant.FromUtc(2026, 3, 29, 0, 59, 58).PlusNanoseconds(123_999_999), Id);

        Assert.Equal(Valid, name.RelativePath);
        Assert.True(SegmentName.TryParse(Valid, out var read));
        Assert.Equal(name with { Start = Instant.FromUtc(2026, 3, 29, 0, 59, 58) + Duration.FromMilliseconds(123) }, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("gate/2026/03/29/01/20260329T005958.123Z_0190c0de-0000-7000-8000-000000000001.mp4")]
    [InlineData("gate/2026/03/29/00/20260329T005958.123Z_0190C0DE-0000-7000-8000-000000000001.mp4")]
    [InlineData("gate/2026/03/29/00/20260329T005958.123Z_0190c0de-0000-7000-8000-000000000001.mp4/")]
    [InlineData("gate/2026/03/29/00/20260329T005958.123Z_0190c0de-0000-7000-8000-000000000001.MP4")]
    [InlineData("gate/2026/03/29/00/20260329T005958Z_0190c0de-0000-7000-8000-000000000001.mp4")]
    [InlineData("gate/2026/02/30/00/20260230T005958.123Z_0190c0de-0000-7000-8000-000000000001.mp4")]
    [InlineData("/2026/03/29/00/20260329T005958.123Z_0190c0de-0000-7000-8000-000000000001.mp4")]
    [InlineData("../2026/03/29/00/20260329T005958.123Z_0190c0de-0000-7000-8000-000000000001.mp4")]
    [InlineData("./2026/03/29/00/20260329T005958.123Z_0190c0de-0000-7000-8000-000000000001.mp4")]
    [InlineData("a b/2026/03/29/00/20260329T005958.123Z_0190c0de-0000-7000-8000-000000000001.mp4")]
    [InlineData("gate/2026/03/29/00/20260329T005958.123Z_.mp4")]
    [InlineData("gate/2026/03/29/00/_0190c0de-0000-7000-8000-000000000001.mp4")]
    public void TryParse_SaysNo_ToAnyOtherForm(string path) => Assert.False(SegmentName.TryParse(path, out _));
}
