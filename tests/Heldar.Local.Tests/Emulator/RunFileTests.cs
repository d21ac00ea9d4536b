using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Processes;
using Heldar.Testing;

namespace Heldar.Local.Tests.Emulator;

public sealed class RunFileTests : IDisposable
{
    private readonly string _root = TemporaryFolder.Create("run");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => TemporaryFolder.Delete(_root);

    [Fact]
    public async Task EndStale_EndsWhatAKilledRunLeft_ButNoStranger()
    {
        var folder = new StackFolder(_root);
        await using ChildProcess left = await ChildProcess.StartAsync(new ChildSpec("left", "sleep", ["600"], folder.Log("left")));
        await using ChildProcess stranger = await ChildProcess.StartAsync(new ChildSpec("stranger", "sleep", ["600"], folder.Log("stranger")));
        new RunFile(
            ProcessIdentity.Current, 0, "http://127.0.0.1:1/", "", "", 0,
            [Entry("left", left.Identity), Entry("reused", stranger.Identity with { StartTicks = 1 })], []).Write(folder);
        Assert.Equal(["left"], await RunFile.EndStaleAsync(folder, Cancellation));
        Assert.False(left.Identity.IsAlive);
        Assert.True(stranger.Identity.IsAlive);
        Assert.False(File.Exists(folder.RunFile));
    }

    [Fact]
    public void RunFile_IsReadableByItsOwnerOnly_WhenWritten()
    {
        var folder = new StackFolder(_root);
        new RunFile(ProcessIdentity.Current, 0, "", "secret", "", 0, [], []).Write(folder);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.RunFile));
        Assert.Equal("secret", RunFile.Read(folder)!.Database);
    }

    [Fact]
    public void RunFile_IsNothing_WhenDamaged()
    {
        var folder = new StackFolder(_root);
        StackFolder.Write(folder.RunFile, "{\"Owner\":");
        Assert.Null(RunFile.Read(folder));
    }

    [Fact]
    public void Secret_StaysTheSame_WhenAskedAgain()
    {
        string first = new StackFolder(_root).Secret("one", 24);
        Assert.Equal(first, new StackFolder(_root).Secret("one", 24));
        Assert.NotEqual(first, new StackFolder(_root).Secret("two", 24));
    }

    [Fact]
    public void Ports_StayTheSame_WhenTheStackIsStartedAgain()
    {
        var options = new StackOptions(_root) { KeepPorts = true };
        Uri first = new StackParts(options, new StackFolder(_root)).FleetUrl;
        Assert.Equal(first, new StackParts(options, new StackFolder(_root)).FleetUrl);
        Assert.NotEqual(first, new StackParts(options with { KeepPorts = false }, new StackFolder(_root)).FleetUrl);
    }

    [Fact]
    public void BoxConfig_NamesEveryCamera_WithAudioWhereThereIsSome()
    {
        CameraSpec[] cameras = [.. CameraSpec.Varied(2)];
        string text = BoxConfig.Text(
            new StackOptions(_root) { SegmentSeconds = 4 }, Site.Number(0), 8011, new Uri("http://127.0.0.1:5080/"), "token",
            cameras.Select(camera => (camera, new Uri($"rtsp://127.0.0.1:8554/{camera.Name}"))), ("admin", "pass"));
        Assert.Contains("  listen: http://127.0.0.1:8011\n", text, StringComparison.Ordinal);
        Assert.Contains("  url: http://127.0.0.1:5080\n", text, StringComparison.Ordinal);
        Assert.Contains("  - id: cam01\n    name: 'Yard'\n    url: rtsp://127.0.0.1:8554/cam01\n    username: 'admin'\n    password: 'pass'\n    audio: false\n", text, StringComparison.Ordinal);
        Assert.Contains("    audio: true\n", text, StringComparison.Ordinal);
    }

    private static RunProcess Entry(string name, ProcessIdentity identity) => new(name, "Ready", 0, identity, 0, 0);
}
