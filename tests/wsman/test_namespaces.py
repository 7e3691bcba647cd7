from protocols.wsman import namespaces


def test_each_prefix_stands_for_one_namespace() -> None:
    assert len(set(namespaces.PREFIXES.values())) == len(namespaces.PREFIXES)


def test_the_reply_to_an_action_is_named_after_it() -> None:
    assert namespaces.response_action(namespaces.ACTION_GET) == (
        "http://schemas.xmlsoap.org/ws/2004/09/transfer/GetResponse"
    )


def test_all_that_is_exported_is_there_and_has_the_form_of_a_uri() -> None:
    exported = [getattr(namespaces, name) for name in namespaces.__all__]
    uris = [value for value in exported if isinstance(value, str)]
    assert all(uri.startswith("http://") for uri in uris)
    assert len(set(uris)) == len(uris)
