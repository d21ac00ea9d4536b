using System.Text;
using System.Xml;
using System.Xml.Linq;
using Heldar.Contracts.Events;

namespace Heldar.Edge.CameraEvents;

/// <summary>
/// Writes SOAP 1.2 envelopes and reads those of cameras. What comes is hostile until it is read: no document type, no entities, and bounds of bytes, depth and nodes.
/// </summary>
internal static class SoapEnvelope
{
    /// <summary>Largest answer in bytes.</summary>
    public const int MaxBytes = 1 << 20;
    private const int MaxDepth = 32;
    private const int MaxNodes = 50_000;
    private const int MaxReason = 200;

    private static readonly XmlReaderSettings Reading = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = MaxBytes,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
    };

    private static readonly XmlWriterSettings Writing = new() { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) };

    public static byte[] Write(IEnumerable<XElement> headers, XElement body)
    {
        var envelope = new XElement(
            OnvifNames.Soap + "Envelope", new XAttribute(XNamespace.Xmlns + "s", OnvifNames.Soap.NamespaceName), new XElement(OnvifNames.Soap + "Header", headers), new XElement(OnvifNames.Soap + "Body", body));
        using var bytes = new MemoryStream();
        using (var writer = XmlWriter.Create(bytes, Writing)) envelope.Save(writer);
        return bytes.ToArray();
    }

    /// <summary>What an envelope's body holds.</summary>
    /// <exception cref="OnvifException">The camera's fault, or what it sent is no envelope.</exception>
    public static XElement Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxBytes) throw Malformed($"it is larger than {MaxBytes} bytes");
        var root = Parse(bytes);
        var soap = root.Name.Namespace;
        if (root.Name.LocalName != "Envelope" || (soap != OnvifNames.Soap && soap != OnvifNames.Soap11)) throw Malformed("it is no SOAP envelope");
        var body = root.Element(soap + "Body")?.Elements().FirstOrDefault() ?? throw Malformed("its body is empty");
        return body.Name == soap + "Fault" ? throw Fault(body) : body;
    }

    /// <summary>A child of an answer, which has to be there.</summary>
    public static XElement Child(XElement parent, XName name) => parent.Element(name) ?? throw Malformed($"{parent.Name.LocalName} has no {name.LocalName}");

    public static OnvifException Malformed(string why, Exception? inner = null) => new(OnvifFailure.Malformed, "the camera's answer cannot be used: " + why, inner);

    /// <summary>What a camera wrote, as it may stand in a log: one line of printable characters.</summary>
    public static string OneLine(string text, int most) => EventRules.Clean(string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), most);

    private static XElement Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            // Depth and nodes are counted before anything is built of them.
            using (var reader = Reader(bytes))
            {
                for (var nodes = 0; reader.Read(); nodes += 1 + reader.AttributeCount)
                {
                    if (reader.Depth > MaxDepth) throw Malformed($"it is nested deeper than {MaxDepth}");
                    if (nodes > MaxNodes) throw Malformed($"it has more than {MaxNodes} parts");
                }
            }

            using var again = Reader(bytes);
            return XDocument.Load(again).Root!;
        }
        catch (Exception e) when (e is XmlException or ArgumentException or DecoderFallbackException)
        {
            // The parser's words may repeat what the camera wrote; its line does not.
            throw Malformed(e is XmlException { LineNumber: > 0 } at ? $"it is no XML at line {at.LineNumber}" : "it is no XML", e);
        }
    }

    private static XmlReader Reader(ReadOnlyMemory<byte> bytes) => XmlReader.Create(new MemoryStream(bytes.ToArray(), writable: false), Reading);

    /// <summary>Codes of SOAP 1.2 are nested values, of SOAP 1.1 one text; both hold qualified names whose prefixes cameras choose.</summary>
    private static OnvifException Fault(XElement fault)
    {
        var codes = fault.Descendants().Where(e => e.Name.LocalName is "Value" or "faultcode" && !e.HasElements).Take(10).Select(e => e.Value.Trim().Split(':')[^1]).ToList();
        var text = fault.Descendants().FirstOrDefault(e => e.Name.LocalName is "Text" or "faultstring")?.Value.Trim();
        var reason = OneLine(text is { Length: > 0 } ? text : string.Join(", ", codes), MaxReason);
        var failure = codes.Exists(c => c is "NotAuthorized" or "FailedAuthentication" or "FailedCheck") ? OnvifFailure.AuthFailed
            : codes.Exists(c => c is "ActionNotSupported" or "NotSupported" or "OptionalActionNotImplemented" or "UnknownAction") ? OnvifFailure.NotSupported
            : OnvifFailure.Refused;
        var says = failure == OnvifFailure.AuthFailed ? "the camera refuses user name or password for ONVIF" : "the camera says: " + reason;
        return new OnvifException(failure, says) { Detail = fault.Elements().FirstOrDefault(e => e.Name.LocalName is "Detail" or "detail") };
    }
}
