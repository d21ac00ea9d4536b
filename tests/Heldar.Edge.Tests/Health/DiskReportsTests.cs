using Heldar.Edge.Health;

namespace Heldar.Edge.Tests.Health;

public sealed class DiskReportsTests
{
    private const string Mdstat = """
        Personalities : [raid1] [raid6] [raid5] [raid4]
        md0 : active raid1 sdb1[1] sda1[0]
              1953382400 blocks super 1.2 [2/2] [UU]
              bitmap: 0/15 pages [0KB], 65536KB chunk

        md1 : active raid5 sde1[3] sdd1[1](F) sdc1[0]
              3906764800 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/2] [U_U]
              [==>..................]  recovery = 12.6% (246451328/1953382400) finish=152.3min speed=186754K/sec

        md127 : inactive sdf1[0](S)
              976630464 blocks super 1.2

        unused devices: <none>
        """;

    [Fact]
    public void Mdstat_NamesDegradedAndInactiveArrays()
    {
        Assert.Equal(
            [new DiskReport("md0", true, null), new DiskReport("md1", false, "1 of 3 members are missing; failed: sdd1; recovery 12.6%"), new DiskReport("md127", false, "it is not active")],
            DiskReports.Mdstat(Mdstat));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Personalities : \nunused devices: <none>\n")]
    [InlineData("md0 active [U_]")]
    public void Mdstat_WithoutArrays_IsEmpty(string text) => Assert.Empty(DiskReports.Mdstat(text));

    [Theory]
    [InlineData("""{"json_format_version":[1,0],"smartctl":{"exit_status":0},"smart_status":{"passed":true}}""", true)]
    [InlineData("""{"smartctl":{"exit_status":8},"smart_status":{"passed":false}}""", false)]
    [InlineData("""{"smartctl":{"exit_status":2,"messages":[{"string":"Permission denied"}]}}""", null)]
    [InlineData("""{"smart_status":"x"}""", null)]
    [InlineData("""{"smart_status":{"passed":""", null)]
    [InlineData("=== START OF READ SMART DATA SECTION ===\nSMART overall-health self-assessment test result: PASSED\n", true)]
    [InlineData("SMART overall-health self-assessment test result: FAILED!\nDrive failure expected in less than 24 hours.", false)]
    [InlineData("SMART Health Status: OK\r\n", true)]
    [InlineData("SMART Health Status: FAILURE PREDICTION THRESHOLD EXCEEDED [asc=5d, ascq=10]\n", false)]
    [InlineData("Smartctl open device: /dev/sda failed: Permission denied", null)]
    public void Smart_GivesAVerdict_OnlyWhereTheDiskGivesOne(string answer, bool? healthy) => Assert.Equal(healthy, DiskReports.Smart("sda", answer).Healthy);
}
