using System.Net;
using System.Text;
using Heldar.Local.FunctionsHost;

namespace Heldar.Functions.Tests.FunctionsHost;

/// <summary>The host's response table, row by row.</summary>
public sealed class InvocationAnswerTests
{
    [Theory]
    [InlineData(200, "application/json", "{}", "Success")]
    [InlineData(201, "text/json", """{"Outputs":{},"Logs":["a",1,true],"ReturnValue":7,"other":1}""", "Success")]
    [InlineData(200, "application/json", "", "Hang")]
    [InlineData(204, null, "", "Hang")]
    [InlineData(200, "application/json", "null", "Hang")]
    [InlineData(200, "text/plain", "{}", "Failure")]
    [InlineData(200, "text/html", "<p>", "Failure")]
    [InlineData(200, "application/problem+json", "{}", "Failure")]
    [InlineData(200, "application/json", "{", "Failure")]
    [InlineData(200, "application/json", "[]", "Failure")]
    [InlineData(200, "application/json", """{"Logs":[{"a":1}]}""", "Failure")]
    [InlineData(404, "application/json", "{}", "Failure")]
    [InlineData(500, "application/json", "{}", "Failure")]
    public void Answer_IsTakenAsTheHostTakesIt(int status, string? mediaType, string body, string verdict) =>
        Assert.Equal(verdict, InvocationAnswer.Judge((HttpStatusCode)status, mediaType, Encoding.UTF8.GetBytes(body)).Verdict.ToString());
}
