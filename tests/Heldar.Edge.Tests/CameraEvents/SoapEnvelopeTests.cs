using System.Text;
using System.Xml.Linq;
using Heldar.Edge.CameraEvents;

namespace Heldar.Edge.Tests.CameraEvents;

public sealed class SoapEnvelopeTests
{
    private const string Soap = "http://www.w3.org/2003/05/soap-envelope";

    [Fact]
    public void Read_GivesWhatTheBodyHolds()
    {
        Assert.Equal(XName.Get("Answer", "urn:x"), Read($"<s:Envelope xmlns:s=\"{Soap}\"><s:Header><h/></s:Header><s:Body><a:Answer xmlns:a=\"urn:x\">1</a:Answer></s:Body></s:Envelope>").Name);
        Assert.Equal("Answer", Read("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><Answer/></s:Body></s:Envelope>").Name.LocalName);
    }

    [Fact]
    public void Write_IsReadAgain() => Assert.Equal("urn:x", SoapEnvelope.Read(SoapEnvelope.Write([new XElement("h", "ü")], new XElement(XName.Get("Answer", "urn:x"), "<&>"))).Name.NamespaceName);

    public static TheoryData<string, string> Hostile => new()
    {
        { "bomb", $"<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><s:Envelope xmlns:s=\"{Soap}\"><s:Body><x>&b;</x></s:Body></s:Envelope>" },
        { "outside", $"<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><s:Envelope xmlns:s=\"{Soap}\"><s:Body><x/></s:Body></s:Envelope>" },
        { "undeclared entity", $"<s:Envelope xmlns:s=\"{Soap}\"><s:Body><x>&xxe;</x></s:Body></s:Envelope>" },
        { "deep", $"<s:Envelope xmlns:s=\"{Soap}\"><s:Body>{string.Concat(Enumerable.Repeat("<x>", 5000))}{string.Concat(Enumerable.Repeat("</x>", 5000))}</s:Body></s:Envelope>" },
        { "many", $"<s:Envelope xmlns:s=\"{Soap}\"><s:Body><a>{string.Concat(Enumerable.Repeat("<x/>", 60_000))}</a></s:Body></s:Envelope>" },
        { "many attributes", $"<s:Envelope xmlns:s=\"{Soap}\"><s:Body><a {string.Concat(Enumerable.Range(0, 60_000).Select(i => $"a{i}='' "))}/></s:Body></s:Envelope>" },
        { "huge", $"<s:Envelope xmlns:s=\"{Soap}\"><s:Body><a>{new string('x', SoapEnvelope.MaxBytes)}</a></s:Body></s:Envelope>" },
        { "wrong namespace", "<s:Envelope xmlns:s=\"urn:other\"><s:Body><x/></s:Body></s:Envelope>" },
        { "body of another namespace", $"<s:Envelope xmlns:s=\"{Soap}\"><Body><x/></Body></s:Envelope>" },
        { "no body", $"<s:Envelope xmlns:s=\"{Soap}\"/>" },
        { "empty body", $"<s:Envelope xmlns:s=\"{Soap}\"><s:Body/></s:Envelope>" },
        { "half", $"<s:Envelope xmlns:s=\"{Soap}\"><s:Body><x>" },
        { "two roots", "<a/><b/>" },
        { "a web page", "<!DOCTYPE html><html><body>Login</body></html>" },
        { "nothing", "" },
        { "zeros", "\0\0\0\0" },
        { "undeclared prefix", $"<s:Envelope xmlns:s=\"{Soap}\"><s:Body><q:x/></s:Body></s:Envelope>" },
        { "an encoding nobody has", $"<?xml version=\"1.0\" encoding=\"nobody-1\"?><s:Envelope xmlns:s=\"{Soap}\"><s:Body><x/></s:Body></s:Envelope>" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Read_RefusesWhatIsNoEnvelope(string what, string xml)
    {
        var refused = Assert.Throws<OnvifException>(() => Read(xml));
        Assert.True(refused.Failure == OnvifFailure.Malformed, what);
        Assert.StartsWith("the camera's answer cannot be used: ", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Bytes that are cut at every place give an answer or a clear refusal, never anything else.</summary>
    [Fact]
    public void Read_OfEveryBeginning_IsRefused()
    {
        var whole = Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"{Soap}\"><s:Body><x a=\"ü\">1</x></s:Body></s:Envelope>");
        for (var length = 0; length < whole.Length; length++) Assert.Equal(OnvifFailure.Malformed, Assert.Throws<OnvifException>(() => SoapEnvelope.Read(whole.AsMemory(0, length))).Failure);
        Assert.Equal("1", SoapEnvelope.Read(whole).Value);
    }

    [Theory]
    [InlineData("ter:NotAuthorized", "Sender not Authorized", "AuthFailed", "the camera refuses user name or password for ONVIF")]
    [InlineData("wsse:FailedAuthentication", "x", "AuthFailed", "the camera refuses user name or password for ONVIF")]
    [InlineData("ter:ActionNotSupported", "Optional Action Not Implemented", "NotSupported", "the camera says: Optional Action Not Implemented")]
    [InlineData("wsrf-rw:ResourceUnknownFault", "no such&#xD;&#xA; thing", "Refused", "the camera says: no such thing")]
    [InlineData("ter:InvalidArgVal", "", "Refused", "the camera says: Sender, InvalidArgVal")]
    public void Fault_BecomesItsKind(string subcode, string reason, string kind, string words)
    {
        var fault = Assert.Throws<OnvifException>(() => Read(FakeOnvifGate.Envelope(FakeOnvifGate.Fault(subcode, reason))));
        Assert.Equal((Enum.Parse<OnvifFailure>(kind), words), (fault.Failure, fault.Message));
    }

    [Fact]
    public void Fault_OfSoap11_IsReadAsWell() => Assert.Equal(
        OnvifFailure.AuthFailed,
        Assert.Throws<OnvifException>(() => Read("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:Fault><faultcode>s:NotAuthorized</faultcode><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>")).Failure);

    /// <summary>The vector of the ONVIF Application Programmer's Guide.</summary>
    [Fact]
    public void UsernameToken_IsThatOfTheGuide() =>
        Assert.Equal("tuOSpGlFlIXsozq4HFNeeGeFLEI=", UsernameToken.Digest(Convert.FromBase64String("LKqI6G/AikKCQrN0zqZFlg=="), "2010-09-16T07:50:45Z", "userpassword"));

    private static XElement Read(string xml) => SoapEnvelope.Read(Encoding.UTF8.GetBytes(xml));
}
