# Sourced: what the product needs on this machine, each with its reason. The demo's own programs are last.
need crun crun "(runs each pod as a container)"
need ip iproute2 "(network namespaces, for looking at them by hand)"
need '/usr/lib/*-linux-gnu/libpcre2-8.so.0' libpcre2-8-0 "(regular expressions of rules)"
need '/usr/lib/*-linux-gnu/libhs.so.5' libhyperscan5 "(optional: many short patterns at once)"
need clang clang "(links the CNI plugin to a native executable)"
need /usr/include/zlib.h zlib1g-dev "(same)"
need curl curl "(the client of the demo)"
need nginx nginx-light "(the web server of the demo)"
