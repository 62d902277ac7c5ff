package image

// What json.Marshal has written of these types is read by the functions below; the names are those of the types' tags.

func decodeRecord(text string) (r Record, err error) {
	s := &scan{text: text}
	s.object(func(key string) {
		switch key {
		case "manifest":
			r.Manifest = s.digest()
		case "media_type":
			r.MediaType = s.string()
		case "id":
			r.ID = s.string()
		case "platform":
			r.Platform = s.string()
		case "created":
			r.Created = s.string()
		case "flat":
			r.Flat = s.bool()
		case "layers":
			if s.array(func() { r.Layers = append(r.Layers, s.layer()) }) && r.Layers == nil {
				r.Layers = []Layer{}
			}
		case "config":
			r.Config = s.config()
		default:
			s.skip()
		}
	})
	return r, s.end()
}

func (s *scan) layer() (l Layer) {
	s.object(func(key string) {
		switch key {
		case "blob":
			l.Blob = s.digest()
		case "type":
			l.Type = s.string()
		case "diff_id":
			l.DiffID = s.digest()
		case "chain":
			l.Chain = s.digest()
		case "packed":
			l.Packed = s.number()
		case "size":
			l.Size = s.number()
		case "owners":
			l.Owners = s.bool()
		default:
			s.skip()
		}
	})
	return l
}

func (s *scan) config() (c Config) {
	s.object(func(key string) {
		switch key {
		case "user":
			c.User = s.string()
		case "env":
			c.Env = s.strings()
		case "entrypoint":
			c.Entrypoint = s.strings()
		case "cmd":
			c.Cmd = s.strings()
		case "working_dir":
			c.WorkingDir = s.string()
		case "volumes":
			c.Volumes = s.strings()
		case "exposed_ports":
			c.ExposedPorts = s.strings()
		case "labels":
			c.Labels = map[string]string{}
			s.object(func(key string) { c.Labels[key] = s.string() })
		case "stop_signal":
			c.StopSignal = s.string()
		case "healthcheck":
			c.Healthcheck = s.healthcheck()
		default:
			s.skip()
		}
	})
	return c
}

func (s *scan) healthcheck() *Healthcheck {
	if s.null() {
		return nil
	}
	h := &Healthcheck{}
	s.object(func(key string) {
		switch key {
		case "Test":
			h.Test = s.strings()
		case "Interval":
			h.Interval = s.number()
		case "Timeout":
			h.Timeout = s.number()
		case "StartPeriod":
			h.StartPeriod = s.number()
		case "Retries":
			h.Retries = int(s.number())
		default:
			s.skip()
		}
	})
	return h
}

func decodeEntry(text string) (e Entry, err error) {
	s := &scan{text: text}
	s.object(func(key string) {
		switch key {
		case "name":
			e.Name = s.string()
		case "manifest":
			e.Manifest = s.digest()
		case "pulled":
			if e.Pulled.UnmarshalText([]byte(s.string())) != nil {
				s.fail()
			}
		case "stamp":
			e.Stamp = s.string()
		default:
			s.skip()
		}
	})
	return e, s.end()
}
