"""What can be done about a fault, one sentence for each kind, in the imperative.

The placeholders are those of `Circumstances.words`: what was asked for stands in them, or, where
nobody knows it, a word that does not claim to.
"""

from __future__ import annotations

from typing import Final

# Objects, classes, queries
OBJECT: Final = "Check {class}, {namespace} and the keys: there is nothing by these names."
CLASS: Final = "Check the spelling of {class}, and whether it is in {namespace}."
NAMESPACE: Final = "Check the spelling of {namespace}; most of Windows is in root/cimv2."
ONE_NAMESPACE: Final = "Name one namespace: resource_uri= and namespace= say different ones."
QUERY: Final = "Check the query's words, {class}, its properties and {namespace}."
LANGUAGE: Final = "Write the query in WQL, which Windows knows, or in CQL, which some others do."
NO_FILTER: Final = "Enumerate {class} instead, and choose from what comes."
KEYS: Final = "Give each key of {class}, and nothing else; its declaration says which they are."
FIXED_KEYS: Final = (
    "Leave the keys, which name the object, alone: create another one and delete this."
)
EXISTING: Final = "Modify the one that is there, or give the new one other keys."
PROPERTY: Final = "Check the names of the properties against the declaration of {class}."
VALUE: Final = "Check the values against the types that the declaration of {class} gives them."
REPRESENTATION: Final = "Check the properties and their values against the declaration of {class}."
METHOD: Final = "Check the method's name against the declaration of {class}."
PARAMETER: Final = "Check names, types and values of the parameters against the declaration."
SUPERCLASS: Final = "Name a superclass that is in {namespace}."
NAMESPACE_FULL: Final = "Delete what is in {namespace} first."
CHILDREN: Final = "Delete the subclasses of {class} first."
INSTANCES: Final = "Delete the instances of {class} first."
WHOLE: Final = "Ask for whole objects, not for keys: what is not whole has no key."
SHAPE: Final = "Ask for fewer levels at once: objects are nested too deeply for the server."
ELSEWHERE: Final = "Ask the host that the object is of: it refers to another machine."
FRAGMENT: Final = "Get the whole object: parts of one are not to be had here."

# What a kind of server has
FORM: Final = "Say by server_kind= what kind of server it is, so that it is asked in its own form."
OLD: Final = "Do it in another way: WinRM 2 only gets, puts, invokes methods and enumerates."
OLD_URI: Final = "Set server_kind='winrm2': this server wants Microsoft's resource URIs."
INCAPABLE: Final = "Do it in another way: {class} does not have this operation, or has it disabled."
FEATURE: Final = "Leave out the option or the flag that asks for this: the server does not have it."
OPTION: Final = "Check name, type and value of what set_custom() set, or drop must_comply."
ARCHITECTURE: Final = "Leave the option out, or say less of it: the server cannot comply."
LOCALE: Final = "Leave out ui_locale= and data_locale=, or name others."
TIMEOUT: Final = "Give timeout= another value: the server does not take this one."
PAGE: Final = "Leave out max_elements=, or set it to another value."

# Sizes; for {size} see Circumstances.max_envelope_size
LARGER: Final = (
    "Raise this client's limit, which is max_envelope_size={size} and too small for {item}, to"
    " max_envelope_size=8192 (a server that stays below it has its own: winrm set winrm/config"
    ' @{{MaxEnvelopeSizekb="8192"}}), or select fewer properties.'
)
SERVER_LARGER: Final = (
    "Raise the server's own limit, which is too small for {item}, with winrm set winrm/config"
    ' @{{MaxEnvelopeSizekb="8192"}}, and max_envelope_size= here to the same, or select fewer'
    " properties."
)
SENT_TOO_MUCH: Final = (
    "Send less at once, or raise the server's own limit, which is too small for a message about"
    ' {item}: winrm set winrm/config @{{MaxEnvelopeSizekb="8192"}}.'
)
SMALLER: Final = (
    "Lower this client's limit, max_envelope_size={size}, which is above the server's, or raise"
    ' that: winrm set winrm/config @{{MaxEnvelopeSizekb="8192"}}.'
)
NOT_SO_SMALL: Final = (
    "Raise this client's limit, max_envelope_size={size}, which is below what the server answers"
    " with: leave it out, which means max_envelope_size=500."
)
UNREPORTED: Final = (
    "Do not repeat it, for it was done: the answer about {item} alone was larger than this"
    " client's limit, max_envelope_size={size}; raise that before the next."
)
ENCODING: Final = (
    "Ask for less at once with max_elements=, select fewer properties, or raise this client's"
    " limit, which is max_envelope_size={size} and may be too small for {item}."
)
CHARACTERS: Final = (
    "Select the properties you need (SELECT Name, … FROM {name}): another property of {item} holds"
    " characters that XML, and so the server, cannot send."
)
SHORTER: Final = "Name the object with fewer or shorter keys and options: the server counts them."

# Time and load
LONGER: Final = "Raise timeout=, or ask for less."
LATER: Final = "Try again later."
BUSY: Final = "Wait for the operation under way to end, and try again."
QUOTA: Final = (
    "Close operations that are not read to the end, or raise MaxConcurrentOperationsPerUser in"
    " winrm/config/service."
)
SHELLS: Final = "Close shells that are no longer used, or raise the server's Winrs quotas."
COMMANDS: Final = "Wait for commands of the shell to end, or open another shell."
MEMORY: Final = "Ask for less at once, or look what uses up the server's memory."
WMI_QUOTA: Final = "Ask for less at once: WMI limits the memory and handles of its providers."
RESTART: Final = "Start the enumeration again: the server forgets one that is not read for long."
AGAIN: Final = "Ask again, if it was not you who ended it."

# Subscriptions
SUBSCRIBE: Final = "Subscribe again."
READ_ON: Final = "Subscribe again, and read events as they come."
UNDELIVERED: Final = "Subscribe by pulling, which is what delivery_type= is if left out."
EXPIRATION: Final = "Give expiration_time= as a time to come, in seconds, or leave it out."
BOOKMARK: Final = "Give what Indication.bookmark said, unchanged, to the host that it is from."
EXPIRED: Final = (
    "Begin anew without the bookmark, with read_existing=True for all that is still there: what"
    " came behind it is gone, or the log was cleared."
)
NO_BOOKMARK: Final = "Subscribe without a bookmark: what these events come from has none."
CHANNEL: Final = "Check the name of the channel; `wevtutil el` lists them on the host."
QUERY_LIST: Final = "Check the query list and the XPath expressions in it."
DELIVERY: Final = "Leave out the delivery option that the server does not take."

# Who may do what
LOGON: Final = "Check the user name, its domain, the password and scheme=."
SAY_WHO: Final = "Pass credentials=: the current user's are not enough here."
SAY_NOT_WHO: Final = "Leave credentials= out: WMI takes none from the machine that it is on."
MUTUAL: Final = "Check that the server's name, or service_principal=, is the one it logs on with."
DENIED: Final = "Give {user} the right to do this on the server, or log on as somebody who has it."
PRIVILEGE: Final = "Give {user} the privilege that the provider asks for (secpol.msc, User Rights)."
OWNER: Final = "Try again as the user who made it: the server takes this logon for another one."
POLICY: Final = "Change it in Group Policy, which holds this setting."
READ_ONLY: Final = "Leave this setting alone: the service itself keeps it."
QUICKCONFIG: Final = "Allow remote access on the server: winrm quickconfig."
REMOTE_SHELLS: Final = "Allow remote shells on the server: AllowRemoteShellAccess in winrm/config."
RUN_AS: Final = "Renew the RunAs account of the session configuration: its password may be old."
ENCRYPT: Final = "Use HTTPS, or a scheme that seals: the other side does not take clear text."
TRUST: Final = "Use HTTPS or Kerberos, which show who the server is."

# Shells
OPEN_SHELL: Final = "Open another shell."
RECONNECT: Final = "Reconnect to the shell."
START_COMMAND: Final = "Start the command again: it has ended, or was never there."
STREAMS: Final = "Name streams that the shell has: stdin, stdout, stderr."
OTHER_CLIENT: Final = "Disconnect the client that has it, or open another shell."
ENDURE: Final = "Keep the connection: this shell, or this server, cannot be left and found again."
IDLE: Final = "Choose an idle time-out between the server's MinIdleTimeout and MaxIdleTimeout."
FILE: Final = "Check that the file or command is there, on the server and for {user}."

# The server itself
LOG: Final = "Look into the server's own logs for what failed."
EVENT_LOG: Final = (
    "Look into the server's event logs, Microsoft-Windows-WinRM/Operational and"
    " Microsoft-Windows-WMI-Activity/Operational, for what failed."
)
CONFIGURATION: Final = "Repair the configuration of WinRM on the server: winrm quickconfig."
PROVIDER: Final = "Repair the provider of {class} on the server: it is missing or does not load."
PROVIDER_ANSWER: Final = "Tell whoever made the provider of {class}: its answer is not valid."
DECLARATION: Final = (
    "Repair the declaration of {class} on the server, or load another into a SchemaStore."
)
SERVICE: Final = "Check that the services WinRM and Winmgmt run on the server, and try again."
PLUGIN: Final = "Check the plug-in's configuration: winrm enumerate winrm/config/plugin."
CERTIFICATE: Final = "Check the certificate and its thumbprint on the server."
RPC: Final = (
    "Check that the service the provider asks, there or on another host, runs and can be reached."
)
SHUTDOWN: Final = "Wait until the server is up again."
GATEWAY: Final = "Check host, port and http_url_prefix: something that is no WinRM is in between."
REDIRECT: Final = "Connect to the place that the server names, if you trust it."
NETWORK: Final = "Check the name, the firewall and the network between the hosts."
