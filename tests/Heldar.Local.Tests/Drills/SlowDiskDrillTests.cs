using Heldar.Local.Drills;
using Heldar.Local.Judge;

namespace Heldar.Local.Tests.Drills;

public sealed class SlowDiskDrillTests
{
    [Theory]
    [InlineData(true, "disk_error")]
    [InlineData(true, "disk_error", "disk_error")]
    [InlineData(false)]
    [InlineData(false, "network")]
    [InlineData(false, "disk_error", "disk_full")]
    public void FailedDisk_IsExplained_ByAGapOfItsOwn_AndNotByNone(bool explained, params string[] causes) =>
        Assert.Equal(explained, SlowDiskDrill.IsExplained([.. causes.Select(cause => new ClaimedGap("gate", 0, 1000, cause))]));
}
