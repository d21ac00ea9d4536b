using Heldar.Edge.Enrolment;
using Heldar.Edge.Tests.Uplink;
using NodaTime;

namespace Heldar.Edge.Tests.Enrolment;

public sealed class EnrolmentTests : IAsyncLifetime
{
    private UplinkFixture _box = null!;

    [Fact]
    public async Task Box_EnrolsOnce_AndKeepsItsIdentity()
    {
        await _box.RunAsync();
        Assert.Equal(("main", "depot", FakeCloud.Box), (_box.Identities.Current!.Tenant, _box.Identities.Current.Site, _box.Identities.Current.Box));

        await _box.RestartAsync();
        await _box.RunAsync();

        Assert.Single(_box.Cloud.Calls, c => c == "POST /enrol");
        Assert.NotNull(_box.State.Grant);
    }

    [Fact]
    public async Task RefusedToken_IsWaitedOut_AndNeverStopsTheBox()
    {
        _box.Cloud.Token = "another";
        await _box.RunAsync();
        Assert.Null(_box.Identities.Current);
        Assert.Contains("token_expired", _box.State.LastError, StringComparison.Ordinal);
        Assert.DoesNotContain("token-1", _box.State.LastError, StringComparison.Ordinal);

        for (var i = 0; i < 60; i++)
        {
            _box.Clock.Advance(Duration.FromMinutes(1));
            await _box.RunAsync();
        }

        Assert.InRange(_box.Cloud.Calls.Count, 5, 30);
    }

    [Fact]
    public async Task ClockThatIsOff_IsAllowedFor_InSigning()
    {
        await _box.RunAsync();
        _box.Cloud.Clock = new ManualClock(_box.Clock.Now - Duration.FromHours(3));
        _box.Clock.Advance(Duration.FromSeconds(10));

        await _box.Session.StepAsync(CancellationToken.None);

        Assert.Null(_box.State.LastError);
        Assert.InRange(_box.Fleet.ClockOffset.TotalHours, -3.01, -2.99);
    }

    [Fact]
    public async Task AbsentFleet_IsTriedAgain_WithBackOff()
    {
        await _box.RunAsync();
        await _box.Cloud.DisposeAsync();
        _box.Clock.Advance(Duration.FromSeconds(10));

        var first = await _box.Session.StepAsync(CancellationToken.None);
        _box.Clock.Advance(first);
        var second = await _box.Session.StepAsync(CancellationToken.None);

        Assert.InRange(first.TotalSeconds, 0.8, 1.2);
        Assert.InRange(second.TotalSeconds, 1.6, 2.4);
        Assert.False(_box.State.Connected);
    }

    [Fact]
    public void BootCounter_CountsStarts_AndSurvivesADamagedFile()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(1, BootCounter.Start(folder.Path).BootSeq);
        var second = BootCounter.Start(folder.Path);
        Assert.Equal((2L, 1L, 2L), (second.BootSeq, second.Next(), second.Next()));
    }

    [Fact]
    public void BoxKey_IsPrivate_AndStays()
    {
        using var folder = new TemporaryFolder();
        using var first = BoxKey.Open(folder.Path);
        using var second = BoxKey.Open(folder.Path);

        Assert.Equal(first.Id, second.Id);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("box-key.pem")));
        File.WriteAllText(folder.File("box-key.pem"), "garbage");
        Assert.Throws<InvalidDataException>(() => BoxKey.Open(folder.Path));
    }

    public async ValueTask InitializeAsync() => _box = await UplinkFixture.StartAsync();

    public ValueTask DisposeAsync() => _box.DisposeAsync();
}
