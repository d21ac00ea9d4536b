using System.Xml.Linq;

namespace Heldar.Edge.CameraEvents;

/// <summary>Namespaces of SOAP, WS-Addressing, WS-Security, WS-Notification and ONVIF.</summary>
internal static class OnvifNames
{
    public static readonly XNamespace Soap = "http://www.w3.org/2003/05/soap-envelope";
    public static readonly XNamespace Soap11 = "http://schemas.xmlsoap.org/soap/envelope/";
    public static readonly XNamespace Addressing = "http://www.w3.org/2005/08/addressing";
    public static readonly XNamespace Security = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
    public static readonly XNamespace SecurityUtility = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
    public static readonly XNamespace Notification = "http://docs.oasis-open.org/wsn/b-2";
    public static readonly XNamespace Device = "http://www.onvif.org/ver10/device/wsdl";
    public static readonly XNamespace Events = "http://www.onvif.org/ver10/events/wsdl";
    public static readonly XNamespace Schema = "http://www.onvif.org/ver10/schema";
    public static readonly XNamespace Topics = "http://www.onvif.org/ver10/topics";

    /// <summary>The prefix that people know <see cref="Topics"/> by.</summary>
    public const string TopicsPrefix = "tns1";
    public const string SubscriptionManagerActions = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/";
    public const string PasswordDigest = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
    public const string Base64Binary = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";
}
