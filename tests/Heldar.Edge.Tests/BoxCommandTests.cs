namespace Heldar.Edge.Tests;

public sealed class BoxCommandTests
{
    [Theory]
    [InlineData("", "run", "heldar.yaml")]
    [InlineData("--config a.yaml", "run", "a.yaml")]
    [InlineData("keys add --config a.yaml --name n", "keys-add", "a.yaml")]
    [InlineData("keys add --name n --role viewer", "keys-add", "heldar.yaml")]
    [InlineData("--version", "version", "heldar.yaml")]
    [InlineData("--help", "help", "heldar.yaml")]
    public void Parse_ReadsWhatIsMeant(string line, string verb, string config)
    {
        var command = BoxCommand.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Null(command.Error);
        Assert.Equal((verb, config), (command.Verb, command.Config));
    }

    [Theory]
    [InlineData("--config")]
    [InlineData("--conf a")]
    [InlineData("keys")]
    [InlineData("keys list")]
    [InlineData("keys add")]
    [InlineData("keys add --name n --role root")]
    [InlineData("--name n")]
    [InlineData("run x")]
    public void Parse_SaysWhatIsWrong(string line) => Assert.NotNull(BoxCommand.Parse(line.Split(' ')).Error);
}
