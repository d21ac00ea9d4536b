using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Edge.Tests.CameraEvents;

/// <summary>How a fake camera wants a password proved.</summary>
internal enum FakeOnvifProof
{
    None,
    UsernameToken,
    HttpDigest,
}

/// <summary>Lets in who proves the password: by WS-Security UsernameToken near the camera's own time and with a new nonce, or by HTTP digest (RFC 2617).</summary>
internal sealed partial class FakeOnvifGate(Func<Instant> now)
{
    private const string Realm = "camera";
    private static readonly XNamespace Wsse = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
    private static readonly XNamespace Wsu = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
    private readonly ConcurrentDictionary<string, bool> _nonces = new();

    public FakeOnvifProof Proof { get; set; } = FakeOnvifProof.UsernameToken;

    public string Username { get; set; } = "onvif";

    public string Password { get; set; } = "camera-secret";

    public int Refused { get; private set; }

    /// <summary>Requests that came with both proofs, which a client should not send.</summary>
    public int Doubled { get; private set; }

    public static string Envelope(string body) => $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tt="http://www.onvif.org/ver10/schema"
          xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:tns1="http://www.onvif.org/ver10/topics" xmlns:ter="http://www.onvif.org/ver10/error" xmlns:wsrf-rw="http://docs.oasis-open.org/wsrf/rw-2"><SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>
        """;

    public static string Fault(string subcode, string reason, string detail = "") => $"""
        <SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>{subcode}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code>
        <SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">{reason}</SOAP-ENV:Text></SOAP-ENV:Reason>{(detail.Length == 0 ? "" : $"<SOAP-ENV:Detail>{detail}</SOAP-ENV:Detail>")}</SOAP-ENV:Fault>
        """;

    /// <summary>Whether a request may pass; else it has been answered.</summary>
    public async Task<bool> LetsInAsync(HttpContext context, XElement envelope)
    {
        var token = envelope.Descendants(Wsse + "UsernameToken").SingleOrDefault();
        var header = context.Request.Headers.Authorization.ToString();
        switch (Proof)
        {
            case FakeOnvifProof.None:
                return true;
            case FakeOnvifProof.UsernameToken when token is not null && IsRight(token):
                return true;
            case FakeOnvifProof.UsernameToken:
                Refused++;
                context.Response.StatusCode = 400;
                context.Response.ContentType = "application/soap+xml; charset=utf-8";
                await context.Response.WriteAsync(Envelope(Fault("ter:NotAuthorized", "Sender not Authorized")), CancellationToken.None);
                return false;
            default:
                if (header.StartsWith("Digest ", StringComparison.Ordinal) && token is not null) Doubled++;
                if (header.StartsWith("Digest ", StringComparison.Ordinal) && IsRight(header, context.Request)) return true;
                Refused++;
                context.Response.StatusCode = 401;
                context.Response.Headers.WWWAuthenticate = new[] { $"Digest realm=\"{Realm}\", qop=\"auth\", nonce=\"abc{Refused}\", algorithm=MD5", $"Basic realm=\"{Realm}\"" };
                return false;
        }
    }

    private bool IsRight(XElement token)
    {
        var nonce = (string)token.Element(Wsse + "Nonce")!;
        var created = (string)token.Element(Wsu + "Created")!;
        var far = InstantPattern.ExtendedIso.Parse(created).Value - now();
        if (far > Duration.FromSeconds(5) || far < Duration.FromSeconds(-5) || !_nonces.TryAdd(nonce, true)) return false;
#pragma warning disable CA5350 // What the profile asks for.
        var expected = Convert.ToBase64String(SHA1.HashData([.. Convert.FromBase64String(nonce), .. Encoding.UTF8.GetBytes(created), .. Encoding.UTF8.GetBytes(Password)]));
#pragma warning restore CA5350
        return (string?)token.Element(Wsse + "Username") == Username && (string?)token.Element(Wsse + "Password") == expected;
    }

    private bool IsRight(string header, HttpRequest request)
    {
        var values = Parameter().Matches(header).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value.Trim('"'), StringComparer.Ordinal);
        var (a1, a2) = (Md5($"{Username}:{Realm}:{Password}"), Md5($"{request.Method}:{values["uri"]}"));
        return values["username"] == Username && values["uri"] == request.Path + request.QueryString.Value
            && values["response"] == Md5(string.Create(CultureInfo.InvariantCulture, $"{a1}:{values["nonce"]}:{values["nc"]}:{values["cnonce"]}:auth:{a2}"));
    }

#pragma warning disable CA5351 // What RFC 2617 asks for.
    private static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351

    [GeneratedRegex("(\\w+)=(\"[^\"]*\"|[^,\\s]+)", RegexOptions.None, 1000)]
    private static partial Regex Parameter();
}
