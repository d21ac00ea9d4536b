using Heldar.Edge.Health;

namespace Heldar.Edge.Tests.Health;

public sealed class BoxGaugesTests
{
    [Theory]
    [InlineData("/mnt/a", "/mnt/a", true)]
    [InlineData("/mnt/a", "/mnt/a/recordings", true)]
    [InlineData("/mnt/a", "/mnt/ab", false)]
    [InlineData("/mnt/a", "/mnt/ab/recordings", false)]
    [InlineData("/mnt/a", "/mnt", false)]
    [InlineData("/", "/mnt/ab", true)]
    [InlineData("/mnt/a/", "/mnt/a", true)]
    public void Path_LiesOnAMount_WhenItIsThatOrBelow(string mount, string path, bool expected) => Assert.Equal(expected, BoxGauges.IsOn(mount, path));
}
