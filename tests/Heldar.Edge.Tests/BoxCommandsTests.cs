using Heldar.Edge.Settings;

namespace Heldar.Edge.Tests;

public sealed class BoxCommandsTests
{
    [Theory]
    [InlineData("", "heldar-edge", "heldar.yaml")]
    [InlineData("--config a.yaml", "heldar-edge", "a.yaml")]
    [InlineData("keys add --config a.yaml --name n", "add", "a.yaml")]
    [InlineData("--config a.yaml keys add --name n", "add", "a.yaml")]
    [InlineData("keys add --name n --role viewer", "add", "heldar.yaml")]
    [InlineData("keys list", "list", "heldar.yaml")]
    [InlineData("keys revoke 019aa000-0000-7000-8000-000000000001", "revoke", "heldar.yaml")]
    [InlineData("keys add --name n --capability camera:read --camera gate --days 30", "add", "heldar.yaml")]
    [InlineData("setup-code --config a.yaml", "setup-code", "a.yaml")]
    [InlineData("audit verify --head 00", "verify", "heldar.yaml")]
    [InlineData("secrets rotate --config a.yaml", "rotate", "a.yaml")]
    [InlineData("secrets rekey", "rekey", "heldar.yaml")]
    [InlineData("secrets status", "status", "heldar.yaml")]
    [InlineData("volumes adopt /disk1 --config a.yaml", "adopt", "a.yaml")]
    [InlineData("retention plan --json --config a.yaml", "plan", "a.yaml")]
    [InlineData("mirror restore 019aa000-0000-7000-8000-000000000001 --json", "restore", "heldar.yaml")]
    [InlineData("mirror scrub --config a.yaml", "scrub", "a.yaml")]
    [InlineData("--version", "heldar-edge", "heldar.yaml")]
    [InlineData("--help", "heldar-edge", "heldar.yaml")]
    public void Parse_ReadsWhatIsMeant(string line, string command, string config)
    {
        var parsed = BoxCommands.Create().Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(parsed.Errors);
        if (command != "heldar-edge") Assert.Equal(command, parsed.CommandResult.Command.Name);
        Assert.Equal(config, ConfigOption.FileOf(parsed));
    }

    [Theory]
    [InlineData("--config")]
    [InlineData("--conf a")]
    [InlineData("keys")]
    [InlineData("keys drop")]
    [InlineData("keys revoke x")]
    [InlineData("keys add --name n --capability camera:fly")]
    [InlineData("keys add --name n --camera ../gate")]
    [InlineData("keys add --name n --days 0")]
    [InlineData("audit")]
    [InlineData("keys add")]
    [InlineData("secrets")]
    [InlineData("secrets drop")]
    [InlineData("mirror")]
    [InlineData("mirror restore")]
    [InlineData("mirror restore x")]
    [InlineData("volumes")]
    [InlineData("retention")]
    [InlineData("retention run")]
    [InlineData("volumes adopt")]
    [InlineData("keys add --name n --role root")]
    [InlineData("--name n")]
    [InlineData("run x")]
    public void Parse_SaysWhatIsWrong(string line) => Assert.NotEmpty(BoxCommands.Create().Parse(line.Split(' ')).Errors);
}
