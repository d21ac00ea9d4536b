using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Heldar.Edge.Doctor;
using Heldar.Edge.Retention;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Tests.Doctor;

public sealed class DoctorTests : IDisposable
{
    private const long Gibibyte = 1L << 30;
    private static readonly FileSystemSize Roomy = new(1000 * Gibibyte, 500 * Gibibyte, 1_000_000, 900_000);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Mounts_FindTheDeepestOne_AndReadSpaces()
    {
        var mounts = Mounts.Parse(
            "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n40 22 8:17 / /srv/foot\\040age rw - xfs /dev/sdb1 ro,noatime\n41 22 0:5 / /srv rw master:1 - tmpfs none rw\ngarbage\n1 2 3\n");

        Assert.Equal(("ext4", false), (mounts.Of("/var/lib")!.Kind, mounts.Of("/var/lib")!.ReadOnly));
        Assert.Equal(("xfs", true, "8:17"), (mounts.Of("/srv/foot age/a")!.Kind, mounts.Of("/srv/foot age/a")!.ReadOnly, mounts.Of("/srv/foot age")!.Device));
        Assert.Equal("tmpfs", mounts.Of("/srv/foot agency")!.Kind);
        Assert.Null(new Mounts([]).Of("/"));
    }

    [Theory]
    [InlineData("ext4", "rw", "Ok")]
    [InlineData("ext4", "ro", "Failure")]
    [InlineData("tmpfs", "rw", "Failure")]
    [InlineData("nfs4", "rw", "Warning")]
    [InlineData("vfat", "rw", "Warning")]
    public void Disk_KnowsFileSystems(string kind, string mode, string expected) =>
        Assert.Equal(expected, Worst(Disk($"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / {_folder.Path} {mode} - {kind} /dev/sdb1 rw", Roomy)).ToString());

    [Theory]
    [InlineData(500 * Gibibyte, 900_000, "Ok")]
    [InlineData(5 * Gibibyte, 900_000, "Warning")]
    [InlineData(1 << 20, 900_000, "Failure")]
    [InlineData(500 * Gibibyte, 100, "Failure")]
    public void Disk_MeasuresRoomAndInodes(long free, long inodes, string expected) =>
        Assert.Equal(expected, Worst(Disk(OneDisk, new FileSystemSize(1000 * Gibibyte, free, 1_000_000, inodes))).ToString());

    [Fact]
    public void Disk_NoticesTwoVolumesOnOneDevice()
    {
        var finding = Assert.Single(Disk(OneDisk, Roomy, "[{ path: ./a }, { path: ./b }]"), f => f.Level == FindingLevel.Warning && f.What.Contains("one device", StringComparison.Ordinal));

        Assert.Contains("fail together", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void Disk_LooksAtMirrorAndStagingToo()
    {
        Directory.CreateDirectory(_folder.File("copies"));
        Directory.CreateDirectory(_folder.File("out"));
        const string Volumes = "[{ path: ./recordings }, { path: ./copies, role: mirror }, { path: ./out, role: staging }]";
        var apart = Disk($"{OneDisk}\n3 2 8:3 / {_folder.File("copies")} rw - tmpfs none rw\n4 2 8:4 / {_folder.File("out")} ro - ext4 /dev/sdd1 ro", Roomy, Volumes);
        Assert.Contains(apart, f => f.Level == FindingLevel.Failure && f.What.StartsWith("mirror volume", StringComparison.Ordinal) && f.What.Contains("lies in memory", StringComparison.Ordinal));
        Assert.Contains(apart, f => f.Level == FindingLevel.Failure && f.What.StartsWith("staging volume", StringComparison.Ordinal) && f.What.Contains("read-only", StringComparison.Ordinal));
        Assert.DoesNotContain(apart, f => f.What.Contains("one device", StringComparison.Ordinal));

        Assert.Contains("a mirror on the disk that it mirrors", Assert.Single(Disk(OneDisk, Roomy, Volumes), f => f.What.Contains("one device", StringComparison.Ordinal)).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void Disk_NoticesAVolumeThatIsNotMounted_AndOneThatIsAFile()
    {
        Assert.Contains(Disk(OneDisk, Roomy, "[{ path: ./away }]"), f => f.Level == FindingLevel.Warning && f.What.Contains("is not there yet", StringComparison.Ordinal));
        Assert.Contains(Disk(OneDisk, Roomy, "[{ path: /proc/heldar }]"), f => f is { Level: FindingLevel.Failure, Fix: not null });
    }

    [Fact]
    public void Size_IsThatOfTheSystem()
    {
        var size = FileSystemSize.Of("/")!;
        var drive = new DriveInfo("/");

        Assert.Equal(drive.TotalSize, size.TotalBytes);
        Assert.InRange(size.FreeBytes, 1, size.TotalBytes);
        Assert.InRange(size.FreeInodes, 0, Math.Max(0, size.Inodes));
        Assert.Null(FileSystemSize.Of(_folder.File("nothing")));
    }

    [Theory]
    [InlineData("2026-11-21T12:00:00Z", true, "Ok")]
    [InlineData("2026-11-21T12:00:00Z", false, "Warning")]
    [InlineData("1970-01-01T00:05:00Z", true, "Failure")]
    [InlineData("2106-01-01T00:00:00Z", true, "Failure")]
    public void Clock_IsJudged(string now, bool synchronised, string expected) =>
        Assert.Equal(expected, MachineExam.Clock(Contracts.InstantText.Parse(now), new Time(synchronised)).Level.ToString());

    [Fact]
    public void Port_IsFreeTakenOrItsOwn()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var settings = Settings($"box: {{ listen: 'http://127.0.0.1:{port}' }}");

        var finding = MachineExam.Port(settings, running: false);
        Assert.Equal(FindingLevel.Failure, finding.Level);
        Assert.Contains($"port {port}", finding.What, StringComparison.Ordinal);
        Assert.Equal(FindingLevel.Ok, MachineExam.Port(settings, running: true).Level);
        taken.Stop();
        Assert.Equal(FindingLevel.Ok, MachineExam.Port(settings, running: false).Level);
        Assert.Equal(FindingLevel.Failure, MachineExam.Port(Settings("box: { listen: 'http://203.0.113.7:8011' }"), running: false).Level);
    }

    [Theory]
    [InlineData(4_000_000, "Ok")]
    [InlineData(400_000, "Warning")]
    [InlineData(100_000, "Failure")]
    public void Memory_IsJudgedByCameras(long kibibytes, string expected) =>
        Assert.Equal(expected, MachineExam.Memory($"MemTotal: 8000000 kB\nMemAvailable:    {kibibytes} kB\n", long.MaxValue, cameras: 16).Level.ToString());

    [Theory]
    [InlineData("Max open files            1024                 524288               files", "Ok")]
    [InlineData("Max open files            1024                 unlimited            files", "Ok")]
    [InlineData("Max open files            256                  256                  files", "Failure")]
    [InlineData("Max processes             256                  256                  processes", "Warning")]
    public void Files_AreJudgedByCameras(string limits, string expected) => Assert.Equal(expected, MachineExam.Files("Limit  Soft Hard Units\n" + limits, cameras: 16).Level.ToString());

    [Fact]
    public void Secrets_ThatOthersMayRead_OrThatAreDamaged_AreNamed()
    {
        var settings = Settings("");
        Directory.CreateDirectory(settings.DataFolder);
        var key = Path.Combine(settings.DataFolder, "secrets.key");
        KeyFile.Write(key, new KeyRing([SecretKey.New()]).ToFile());
        Assert.Equal(FindingLevel.Ok, Worst(Data(settings)));

        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Contains("chmod 0600", Assert.Single(Data(settings), f => f.Level == FindingLevel.Warning).Fix, StringComparison.Ordinal);
        KeyFile.Write(key, new byte[7]);
        Assert.Equal(FindingLevel.Failure, Worst(Data(settings)));
    }

    [Fact]
    public void Database_OfANewerVersion_IsNamed()
    {
        var settings = Settings("");
        Directory.CreateDirectory(settings.DataFolder);
        using (var database = new SqliteConnection(Path.Combine(settings.DataFolder, "box.db")))
        {
            database.Open();
            StoreSchema.Apply(database, [.. StoreSchema.Embedded(), new StoreMigration("9999_of_tomorrow", "CREATE TABLE tomorrow (x)")]);
        }

        var finding = Assert.Single(Data(settings), f => f.Level == FindingLevel.Failure);
        Assert.Contains("rollback", finding.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Examine_NamesEveryMistakeOfTheSettings()
    {
        File.WriteAllText(_folder.File("heldar.yaml"), "box: { listen: nowhere, timeZone: Moon }\n");
        var findings = await DoctorCommand.ExamineAsync(_folder.File("heldar.yaml"), [], cameras: false, TestContext.Current.CancellationToken);

        Assert.Equal(2, findings.Count(f => f is { Check: "config", Level: FindingLevel.Failure }));
    }

    [Fact]
    public async Task Examine_OfARunningBox_IsWell_AndPrintsJson()
    {
        File.WriteAllText(_folder.File("heldar.yaml"), "box: { listen: 'http://127.0.0.1:1' }\n");
        using var running = DataFolder.Take(_folder.File("data"));
        var findings = await DoctorCommand.ExamineAsync(_folder.File("heldar.yaml"), [], cameras: false, TestContext.Current.CancellationToken);
        using var text = new StringWriter();
        DoctorCommand.Print(findings, json: true, text);

        using var json = JsonDocument.Parse(text.ToString());
        Assert.Equal(findings.All(f => f.Level != FindingLevel.Failure), json.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal(["clock", "config", "database", "disk", "files", "memory", "port", "secrets"], json.RootElement.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("check").GetString()!).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains(findings, f => f is { Check: "port", Level: FindingLevel.Ok } && f.What.Contains("running", StringComparison.Ordinal));
    }

    [Fact]
    public void Service_ThatMayNotWriteToAVolume_IsNamed()
    {
        var settings = Settings("recording: { volumes: [{ path: /srv/heldar/a }, { path: /mnt/footage, role: mirror }, { path: /mnt/more }] }");
        var unit = $"ExecStart={{ path=/opt/heldar/current/heldar-edge ; argv[]=/opt/heldar/current/heldar-edge --config {settings.File} ; ignore_errors=no }}\nUser=heldar\nProtectSystem=strict\nReadWritePaths=-/srv/heldar /mnt/more {_folder.Path}\nStateDirectory=heldar\n";

        var findings = ServiceExam.Look(settings, unit, "heldar").ToList();
        Assert.Equal("the service may not write to /mnt/footage", Assert.Single(findings, f => f.Level != FindingLevel.Ok).What);
        Assert.Equal(3, findings.Count(f => f.Level == FindingLevel.Ok));
        Assert.Contains("ReadWritePaths=/mnt/footage", findings.Single(f => f.Level == FindingLevel.Failure).Fix, StringComparison.Ordinal);
        Assert.Contains("the service is heldar", ServiceExam.Look(settings, unit, "root").First().What, StringComparison.Ordinal);
        Assert.DoesNotContain(ServiceExam.Look(settings, unit.Replace("strict", "full", StringComparison.Ordinal), "heldar"), f => f.Level != FindingLevel.Ok);
        Assert.Empty(ServiceExam.Look(settings, unit.Replace(settings.File, "/etc/other.yaml", StringComparison.Ordinal), "root"));
        Assert.Empty(ServiceExam.Look(settings, "garbage\n=\n", "root"));
    }

    [Fact]
    public void ArchiveFirst_WithoutAnArchive_IsWarnedOf()
    {
        Assert.Single(Data(Settings("retention: { archiveFirst: true }")), f => f is { Check: "retention", Level: FindingLevel.Warning });
        Assert.DoesNotContain(Data(Settings("retention: { hours: 5 }")), f => f.Check == "retention");
    }

    [Fact]
    public async Task Cameras_ThatDoNotAnswer_AreNamed()
    {
        File.WriteAllText(_folder.File("heldar.yaml"), "cameras: [{ id: gate, url: 'rtsp://127.0.0.1:1/x' }]\n");
        var findings = await DoctorCommand.ExamineAsync(_folder.File("heldar.yaml"), [], cameras: true, TestContext.Current.CancellationToken);

        Assert.StartsWith("gate sends no picture", Assert.Single(findings, f => f is { Check: "camera", Level: FindingLevel.Failure }).What, StringComparison.Ordinal);
    }

    private string OneDisk => $"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / {_folder.Path} rw - ext4 /dev/sdb1 rw";

    private List<Finding> Disk(string mountinfo, FileSystemSize size, string volumes = "[{ path: ./recordings }]")
    {
        if (volumes.Contains("./recordings", StringComparison.Ordinal)) Directory.CreateDirectory(_folder.File("recordings"));
        return [.. new DiskExam(Mounts.Parse(mountinfo), _ => size).Look(Settings($"recording: {{ volumes: {volumes} }}"))];
    }

    private static List<Finding> Data(BoxSettings settings) => [.. new DataExam([]).Look(settings)];

    private static FindingLevel Worst(IEnumerable<Finding> findings) => findings.Max(f => f.Level);

    private BoxSettings Settings(string yaml)
    {
        File.WriteAllText(_folder.File("heldar.yaml"), yaml);
        File.SetUnixFileMode(_folder.File("heldar.yaml"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return SettingsReader.ReadFile(_folder.File("heldar.yaml"), _ => null);
    }

    private sealed class Time(bool synchronised) : IMachineTime
    {
        public Duration Monotonic => Duration.Zero;

        public string Boot => "one";

        public bool IsSynchronised(Instant now) => synchronised;
    }
}
