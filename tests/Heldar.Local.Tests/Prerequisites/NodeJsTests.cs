using Heldar.Local.Prerequisites;

namespace Heldar.Local.Tests.Prerequisites;

public sealed class NodeJsTests
{
    [Theory]
    [InlineData("v20.19.0\n")]
    [InlineData("v22.1.0\n")]
    [InlineData("v100.0.0\n")]
    public void Node_IsAccepted_WhenNewEnough(string printed) => Assert.Null(NodeJs.Judge(printed));

    [Theory]
    [InlineData("v18.20.4\n", "v18.20.4")]
    [InlineData("v20.18.9\n", "v20.18.9")]
    [InlineData("", "no version")]
    [InlineData("segmentation fault\n", "segmentation fault")]
    public void Node_IsRefusedWithCauseAndFix_WhenTooOld(string printed, string cause)
    {
        string? problem = NodeJs.Judge(printed);
        Assert.NotNull(problem);
        Assert.Contains(cause, problem, StringComparison.Ordinal);
        Assert.Contains("https://nodejs.org", problem, StringComparison.Ordinal);
    }
}
